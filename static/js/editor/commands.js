// Everything that can be done, once: keys, buttons, the command palette and the help sheet all come from this table.
import { redo, send, undo } from "./api.js";
import { align, distribute } from "./arranging.js";
import { copy, cut, duplicate, pasteHere } from "./clipboard.js";
import { bounds } from "./geometry.js";
import { outermost } from "./model.js";
import { addNote, removeNote } from "./notes.js";
import { everything, movesTo, rectsOf } from "./places.js";
import { chooseWhat, findStep, showCommands } from "./quick.js";
import { addItem } from "./adding.js";
import { rename } from "./rename.js";
import { emit, only, select, store } from "./store.js";
import { fit, zoomBy, setView, toScene, box } from "./viewport.js";

const has = () => store.selection.size > 0;
const several = () => store.selection.size > 1;
const one = () => only() !== null;
const always = () => true;

export function removeChosen() {
  if (store.note) return removeNote(store.note);
  if (store.edge) {
    const { source, port, target } = store.edge;
    return send([{ op: "disconnect", source, port, target }]);
  }
  const ids = outermost(store.model, store.selection);
  if (ids.length) send([{ op: "remove_steps", ids }]);
}

function shift(shifts, title) {
  const moves = new Map();
  for (const [id, [dx, dy]] of shifts) {
    const step = store.model.steps.get(id);
    if (step && (dx || dy)) moves.set(id, { x: step.x + dx, y: step.y + dy });
  }
  if (moves.size) send(movesTo(moves), title);
}

function chosenRects() {
  return rectsOf(outermost(store.model, store.selection));
}

export function nudge(dx, dy) {
  shift(new Map([...chosenRects().keys()].map((id) => [id, [dx, dy]])));
}

function layOut() {
  const frame = only() && store.model.steps.get(only())?.isFrame ? only() : null;
  send([{ op: "lay_out", parent: frame }], frame ? "Tidy up a container" : "Tidy up");
}

function add() {
  chooseWhat((item) => addItem(item));
}

function zoomReset() {
  const { left, top, width, height } = box();
  const middle = toScene(left + width / 2, top + height / 2);
  setView(width / 2 - middle.x, height / 2 - middle.y, 1);
}

function selectAll() {
  select(store.model.steps.keys());
}

function addAfter() {
  chooseWhat((item) => addItem(item), "Add the next step…");
}

const aligned = (how) => () => shift(align(chosenRects(), how), "Align");
const spread = (axis) => () => shift(distribute(chosenRects(), axis), "Distribute");

// [name, title, keys, run, when, changes?]: keys as they are written on a keyboard, several separated by a comma.
const TABLE = [
  ["add", "Add a step", "A", add, always, true],
  ["add-after", "Add a step after this one", "Tab", addAfter, one, true],
  ["commands", "Command palette", "Ctrl K", showCommands, always],
  ["find", "Find a step", "Ctrl F, /", findStep, always],
  ["undo", "Undo", "Ctrl Z", undo, () => Boolean(store.standing.undo || store.pending.length), true],
  ["redo", "Redo", "Ctrl Shift Z, Ctrl Y", redo, () => Boolean(store.standing.redo), true],
  ["copy", "Copy", "Ctrl C", copy, has],
  ["cut", "Cut", "Ctrl X", cut, has, true],
  ["paste", "Paste", "Ctrl V", pasteHere, always, true],
  ["duplicate", "Duplicate", "Ctrl D", duplicate, has, true],
  ["remove", "Delete", "Delete, Backspace", removeChosen, () => has() || store.edge || store.note, true],
  ["rename", "Rename", "F2", () => rename(only()), one, true],
  ["open", "Open the chosen step", "Enter", () => emit("opened", { id: only(), isFocused: true }), one],
  ["settings", "Inputs, outputs and limits", "W", () => emit("settings"), always],
  ["all", "Choose all", "Ctrl A", selectAll, always],
  ["none", "Choose nothing", "Escape", () => select([]), always],
  ["lay-out", "Tidy up", "Shift L", layOut, always, true],
  ["note", "Add a note", "N", addNote, always, true],
  ["fit", "Show everything", "1", () => fit(everything()), always],
  ["fit-selection", "Show what is chosen", "2", () => fit(bounds(rectsOf(store.selection).values())), has],
  ["zoom-reset", "Zoom to 100 %", "0", zoomReset, always],
  ["zoom-in", "Zoom in", "+", () => zoomBy(1.25), always],
  ["zoom-out", "Zoom out", "-", () => zoomBy(0.8), always],
  ["align-left", "Align left", "Alt A", aligned("left"), several, true],
  ["align-centre", "Align centres", "Alt H", aligned("centre"), several, true],
  ["align-right", "Align right", "Alt D", aligned("right"), several, true],
  ["align-top", "Align tops", "Alt W", aligned("top"), several, true],
  ["align-middle", "Align middles", "Alt V", aligned("middle"), several, true],
  ["align-bottom", "Align bottoms", "Alt S", aligned("bottom"), several, true],
  ["distribute-x", "Distribute across", "Alt X", spread("x"), several, true],
  ["distribute-y", "Distribute down", "Alt Y", spread("y"), several, true],
  ["try", "Run the draft", "Shift R", () => emit("try", "draft"), () => store.mayTry],
  ["try-step", "Run this step", "R", () => emit("try", "step"), () => store.mayTry && one()],
  ["try-up-to", "Run up to this step", "Alt R", () => emit("try", "up_to"), () => store.mayTry && one()],
  ["try-onward", "Run from this step", "Alt Shift R", () => emit("try", "onward"), () => store.mayTry && one()],
  ["data", "What steps were given and gave", "D", () => emit("data"), always],
  ["help", "Keys", "?", () => emit("help"), always],
];

export const commands = new Map(
  TABLE.map(([name, title, keys, run, when, isChange]) => [name, { name, title, keys, run, when, isChange: Boolean(isChange) }]),
);

export function isPossible(command) {
  return (!command.isChange || store.mayBuild) && Boolean(command.when());
}

export function commandsNow() {
  return [...commands.values()].filter((one) => isPossible(one) && one.name !== "commands");
}

export function run(name) {
  const command = commands.get(name);
  if (!command || !isPossible(command)) return false;
  command.run();
  return true;
}
