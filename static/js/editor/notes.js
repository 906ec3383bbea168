// Sticky notes: they lie under everything, are moved and resized by hand, and are written in place.
import { send } from "./api.js";
import { GRID, snapped } from "./geometry.js";
import { freeId } from "./model.js";
import { begins } from "./pointer.js";
import { on, select, store } from "./store.js";
import { middle, toScene } from "./viewport.js";

const layer = document.getElementById("notes");
const elements = new Map();
const COLOURS = ["yellow", "green", "blue", "pink", "grey"];
let held = null;

function plain(note) {
  const { id, text, position, size, colour } = note;
  return { id, text, position, size, colour };
}

function put(notes, title) {
  send([{ op: "set_notes", value: notes.map(plain) }], title);
}

function changed(id, values, title) {
  put(store.model.notes.map((one) => (one.id === id ? { ...one, ...values } : one)), title);
}

export function addNote() {
  const here = middle();
  const id = freeId(new Set(store.model.notes.map((one) => one.id)), "note");
  const position = { x: snapped(here.x - 120), y: snapped(here.y - 60) };
  put([...store.model.notes, { id, text: "", position, size: { width: 240, height: 120 }, colour: "yellow" }], "Add a note");
  select([], { note: id });
  write(id);
}

export function removeNote(id) {
  put(store.model.notes.filter((one) => one.id !== id), "Delete a note");
}

function make(note) {
  const element = document.createElement("section");
  element.dataset.note = note.id;
  element.setAttribute("aria-label", "Note");
  const text = Object.assign(document.createElement("div"), { className: "ed-note-text" });
  const grip = Object.assign(document.createElement("span"), { className: "ed-note-grip" });
  const dots = Object.assign(document.createElement("span"), { className: "ed-note-colours" });
  for (const colour of COLOURS) {
    const dot = Object.assign(document.createElement("button"), { type: "button", className: `is-${colour}` });
    dot.setAttribute("aria-label", `Colour ${colour}`);
    dot.addEventListener("click", () => changed(note.id, { colour }, "Colour a note"));
    dots.append(dot);
  }
  element.append(text, dots, grip);
  layer.append(element);
  elements.set(note.id, element);
  return element;
}

function draw() {
  const known = new Set(store.model.notes.map((one) => one.id));
  for (const [id, element] of elements) {
    if (known.has(id)) continue;
    element.remove();
    elements.delete(id);
  }
  for (const note of store.model.notes) {
    const element = elements.get(note.id) ?? make(note);
    const { x, y, width, height } = held?.id === note.id ? held.rect : { ...note.position, ...note.size };
    element.className = `ed-note is-${note.colour}${store.note === note.id ? " is-selected" : ""}`;
    element.style.transform = `translate(${x}px, ${y}px)`;
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
    const text = element.querySelector(".ed-note-text");
    if (!text.querySelector("textarea")) text.textContent = note.text || (store.mayBuild ? "Double-click to write" : "");
  }
}

function write(id) {
  const text = elements.get(id)?.querySelector(".ed-note-text");
  const note = store.model.notes.find((one) => one.id === id);
  if (!text || !note || !store.mayBuild) return;
  const field = Object.assign(document.createElement("textarea"), { value: note.text, maxLength: 5000 });
  field.setAttribute("aria-label", "Text of the note");
  text.replaceChildren(field);
  field.focus();
  const leave = () => {
    field.onblur = null;
    text.textContent = field.value;
    if (field.value !== note.text) changed(id, { text: field.value }, "Write a note");
    draw();
  };
  field.onblur = leave;
  field.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) leave();
  };
}

begins((event) => {
  const element = event.target.closest("[data-note]");
  if (!element || event.target.closest("textarea")) return null;
  const { note: id } = element.dataset;
  select([], { note: id });
  if (!store.mayBuild) return {};
  const note = store.model.notes.find((one) => one.id === id);
  const isSize = Boolean(event.target.closest(".ed-note-grip"));
  const from = toScene(event.clientX, event.clientY);
  const first = { ...note.position, ...note.size };
  const finish = () => {
    const { x, y, width, height } = held.rect;
    held = null;
    changed(id, { position: { x, y }, size: { width, height } }, isSize ? "Resize a note" : "Move a note");
  };
  return {
    move(now) {
      const at = toScene(now.clientX, now.clientY);
      const [dx, dy] = [snapped(at.x - from.x, GRID / 2), snapped(at.y - from.y, GRID / 2)];
      const rect = isSize
        ? { ...first, width: Math.max(80, first.width + dx), height: Math.max(40, first.height + dy) }
        : { ...first, x: first.x + dx, y: first.y + dy };
      held = { id, rect };
      draw();
    },
    end: finish,
    cancel() {
      held = null;
      draw();
    },
  };
});

layer.addEventListener("dblclick", (event) => write(event.target.closest("[data-note]")?.dataset.note));
on("changed selected", draw);
