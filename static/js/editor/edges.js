// The lines between ports, drawn anew only where an end moved; the chosen one shows its handles and what can be done.
import { curve, entryPoint, exitPoint, onCurve } from "./geometry.js";
import { keyOf } from "./model.js";
import { on, shownSteps, store } from "./store.js";

const SVG = "http://www.w3.org/2000/svg";
const layer = document.getElementById("edges");
const groups = new Map();
const tools = shape("g", {}, "ed-edge-tools");
document.getElementById("over").append(tools);

export function endsOf(edge, steps = shownSteps()) {
  const [source, target] = [steps.get(edge.source), steps.get(edge.target)];
  const [from, to] = [store.rects.get(edge.source), store.rects.get(edge.target)];
  if (!source || !target || !from || !to) return null;
  return { from: exitPoint(source, from, edge.port), to: entryPoint(target, to) };
}

export function shape(name, attributes = {}, kind = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (kind) element.setAttribute("class", kind);
  return element;
}

function make(edge) {
  const group = shape("g", { "data-edge": keyOf(edge) }, "ed-edge");
  group.append(shape("path", {}, "ed-edge-hit"), shape("path", {}, "ed-edge-line"));
  layer.append(group);
  return { group, d: "" };
}

// What can be done to the chosen line lies above the cards, because its ends lie on them.
function showTools(edge, ends) {
  tools.replaceChildren();
  tools.dataset.edge = keyOf(edge);
  if (!store.mayBuild) return;
  const middle = onCurve(ends.from, ends.to, 0.5);
  const tool = (x, y, data, kind, inner) => {
    const one = shape("g", { transform: `translate(${x} ${y})`, ...data }, `ed-edge-tool ${kind}`);
    one.append(shape("circle", { r: 10 }), ...inner);
    tools.append(one);
  };
  const plus = shape("path", { d: "M-4 0H4M0 -4V4" });
  const cross = shape("path", { d: "M-3 -3L3 3M3 -3L-3 3" });
  tool(middle.x - 13, middle.y, { "data-edge-add": "" }, "", [plus]);
  tool(middle.x + 13, middle.y, { "data-edge-remove": "" }, "is-danger", [cross]);
  tool(ends.from.x, ends.from.y, { "data-handle": "source" }, "is-handle", []);
  tool(ends.to.x, ends.to.y, { "data-handle": "target" }, "is-handle", []);
}

function drawOne(edge, steps) {
  const key = keyOf(edge);
  const ends = endsOf(edge, steps);
  if (!ends) return;
  if (!groups.has(key)) groups.set(key, make(edge));
  const made = groups.get(key);
  const d = curve(ends.from, ends.to);
  const isChosen = store.edge && keyOf(store.edge) === key;
  if (made.d !== d) for (const path of made.group.querySelectorAll(":scope > path")) path.setAttribute("d", d);
  if (made.isChosen !== isChosen || (isChosen && made.d !== d)) {
    made.group.classList.toggle("is-selected", Boolean(isChosen));
    if (isChosen) {
      layer.append(made.group);
      showTools(edge, ends);
    }
  }
  const isLit = store.selection.has(edge.source) || store.selection.has(edge.target);
  if (made.isLit !== isLit) made.group.classList.toggle("is-lit", isLit);
  Object.assign(made, { d, isChosen, isLit });
}

export function drawEdges() {
  const steps = shownSteps();
  const known = new Set(store.model.edges.map(keyOf));
  for (const [key, made] of groups) {
    if (known.has(key)) continue;
    made.group.remove();
    groups.delete(key);
  }
  for (const edge of store.model.edges) drawOne(edge, steps);
  if (!store.edge) tools.replaceChildren();
}

export function edgeOf(element) {
  const key = element.closest("[data-edge]")?.dataset.edge;
  return store.model.edges.find((one) => keyOf(one) === key) ?? null;
}

export function mark(edge, name, isOn) {
  groups.get(edge && keyOf(edge))?.group.classList.toggle(name, isOn);
}

// Which outs have a line, and which steps of a level begin together: both are shown on the cards.
function markPorts() {
  const used = new Set(store.model.edges.map((one) => `${one.source} ${one.port}`));
  for (const dot of document.querySelectorAll("#scene .ed-out")) {
    dot.classList.toggle("is-used", used.has(`${dot.closest("[data-node]").dataset.node} ${dot.dataset.out}`));
  }
}

function markStarts() {
  const targets = new Set(store.model.edges.map((one) => one.target));
  const levels = new Map();
  for (const step of store.model.steps.values()) {
    if (targets.has(step.id) || store.model.steps.get(step.parent)?.kind === "sequential") continue;
    levels.set(step.parent, [...(levels.get(step.parent) ?? []), step.id]);
  }
  const forked = new Map();
  for (const { source, port, target } of store.model.edges) {
    forked.set(`${source} ${port}`, [...(forked.get(`${source} ${port}`) ?? []), target]);
  }
  const together = new Set([...levels.values(), ...forked.values()].filter((one) => one.length > 1).flat());
  for (const element of document.querySelectorAll("#scene [data-node]")) {
    const id = element.dataset.node;
    element.classList.toggle("is-start", !targets.has(id));
    element.classList.toggle("is-together", together.has(id));
  }
}

on("drawn selected", () => store.isPictured || drawEdges());
on("changed", () => {
  markPorts();
  markStarts();
});
