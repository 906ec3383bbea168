// The cards: adopts what the server drew, draws a stand-in for a step that it has not drawn yet, and puts each where it is.
import { cut, SUBTITLE_CHARACTERS } from "./geometry.js";
import { emit, measure, on, only, shownSteps, store } from "./store.js";

const canvas = document.getElementById("canvas");
const nodes = document.getElementById("nodes");
const frames = document.getElementById("frames");
const ghost = document.getElementById("ghost");
const elements = new Map();
const drawn = new Map();
let frame = 0;

export function elementOf(id) {
  return elements.get(id);
}

export function stepOf(element) {
  const { node, kind, title, subtitle, parent, x, y, rows, port } = element.dataset;
  const isFrame = "frame" in element.dataset;
  const shape = { rows: JSON.parse(rows), port, isFrame, parent: parent || null };
  return { id: node, kind, title, subtitle, x: Number(x), y: Number(y), ...shape };
}

// Takes over cards that are in the page already; returns their steps.
export function adoptAll() {
  return [...document.querySelectorAll("[data-node]")].map((element) => {
    elements.set(element.dataset.node, element);
    return stepOf(element);
  });
}

// Takes a card as HTML; the shell that is there stays, so that focus, place and gestures do.
export function adopt(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  const step = stepOf(fresh);
  emit("redrawing", step.id);
  put(step.id, fresh, step.isFrame ? frames : nodes);
  emit("redrawn", step.id);
  return step;
}

function put(id, fresh, layer) {
  const old = elements.get(id);
  if (old && old.parentElement === layer && !old.dataset.ghost) {
    const state = [...old.classList].filter((name) => name.startsWith("is-"));
    for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
    old.classList.add(...state);
    old.replaceChildren(...fresh.childNodes);
    return;
  }
  if (old) {
    fresh.classList.add(...[...old.classList].filter((name) => name.startsWith("is-") && name !== "is-waiting"));
    old.remove();
  }
  drawn.delete(id);
  layer.append(fresh);
  elements.set(id, fresh);
}

function drawGhost(step) {
  const element = ghost.content.firstElementChild.cloneNode(true);
  element.className = `${step.isFrame ? "ed-frame" : "ed-node"} kind-${step.kind} is-waiting`;
  Object.assign(element.dataset, { node: step.id, ghost: "yes" });
  element.id = `node-${step.id}`;
  element.setAttribute("aria-label", step.title);
  element.querySelector(".ed-title").textContent = cut(step.title);
  element.querySelector(".ed-sub").textContent = cut(step.subtitle, SUBTITLE_CHARACTERS);
  const item = document.querySelector(`[data-item="${CSS.escape(step.item ?? step.kind)}"] .ed-mark`);
  if (item) element.querySelector(".ed-mark").replaceWith(item.cloneNode(true));
  element.append(...(step.rows.length ? step.rows.map(([name]) => name) : [step.port]).map(drawPort));
  if (step.rows.length) element.querySelector(".ed-body").append(drawRows(step.rows));
  (step.isFrame ? frames : nodes).append(element);
  elements.set(step.id, element);
}

function drawPort(name) {
  const dot = document.createElement("span");
  dot.className = "ed-out";
  dot.dataset.out = name;
  return dot;
}

function drawRows(rows) {
  const list = document.createElement("ul");
  list.className = "ed-rows";
  for (const [, label] of rows) {
    const row = document.createElement("li");
    row.className = "ed-row";
    row.textContent = label;
    list.append(row);
  }
  return list;
}

function sync() {
  for (const [id, element] of elements) {
    if (store.model.steps.has(id)) continue;
    element.remove();
    elements.delete(id);
    drawn.delete(id);
  }
  for (const step of store.model.steps.values()) {
    const element = elements.get(step.id);
    if (!element) drawGhost(step);
    else if (element.querySelector(".ed-title").textContent !== cut(step.title) && !element.querySelector("input")) {
      element.querySelector(".ed-title").textContent = cut(step.title);
    }
  }
}

function place(id, rect) {
  const before = drawn.get(id);
  const element = elements.get(id);
  if (!element || (before && before.x === rect.x && before.y === rect.y && before.width === rect.width && before.height === rect.height)) return;
  element.style.transform = `translate(${rect.x}px, ${rect.y}px)`;
  if (element.classList.contains("ed-frame") && (before?.width !== rect.width || before?.height !== rect.height)) {
    element.style.width = `${rect.width}px`;
    element.style.height = `${rect.height}px`;
  }
  drawn.set(id, rect);
}

export function draw() {
  frame = 0;
  measure();
  if (!store.isPictured) for (const [id, rect] of store.rects) place(id, rect);
  emit("drawn");
}

export function drawSoon() {
  frame ||= requestAnimationFrame(draw);
}

// Depth orders containers, so that one inside another lies above it.
function stackFrames() {
  const steps = shownSteps();
  for (const step of steps.values()) {
    if (!step.isFrame) continue;
    let depth = 0;
    for (let at = steps.get(step.parent); at && depth < 20; at = steps.get(at.parent)) depth += 1;
    const element = elements.get(step.id);
    if (element) element.style.zIndex = String(depth);
  }
}

on("changed", () => {
  sync();
  stackFrames();
  drawSoon();
});
on("moved", drawSoon);

on("selected", () => {
  for (const [id, element] of elements) element.classList.toggle("is-selected", store.selection.has(id));
  const one = only();
  if (one) canvas.setAttribute("aria-activedescendant", `node-${one}`);
  else canvas.removeAttribute("aria-activedescendant");
});
