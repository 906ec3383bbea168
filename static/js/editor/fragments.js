// What lies on the clipboard: steps with all that lies in them, and the edges between them. Pure.
import { inside, outermost } from "./model.js";

export const KIND = "convergio/steps";

export function fragmentOf(model, documents, ids) {
  const roots = outermost(model, ids);
  const chosen = new Set(roots.flatMap((id) => [id, ...inside(model, id)]));
  const steps = [...chosen].filter((id) => documents[id]).map((id) => placed(documents[id], model.steps.get(id)));
  const edges = model.edges.filter((one) => chosen.has(one.source) && chosen.has(one.target));
  return { kind: KIND, steps, edges: edges.map(({ source, port, target }) => ({ source, port, target })) };
}

function placed(document, step) {
  return { ...document, position: { x: step.x, y: step.y } };
}

// The fragment in a text, or null: ours, a bare {steps, edges}, or an exported workflow.
export function readFragment(text) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return null;
  }
  const found = given?.definition ?? given;
  if (!found || !Array.isArray(found.steps) || !found.steps.length) return null;
  return { steps: found.steps, edges: Array.isArray(found.edges) ? found.edges : [] };
}
