// The words of agents as they come. What is shown in [data-stream="path:round"] is gathered here too, so that a step
// opened in the middle shows what was said since the page was opened.
const said = new Map();

function keyOf(message) {
  return `${message.path}:${message.round ?? 0}`;
}

function write(box, agent, text) {
  const speaker = box.dataset.speaker ?? "";
  if (agent && speaker && agent !== speaker) box.append(`\n\n${agent}: `);
  box.dataset.speaker = agent ?? "";
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  box.append(text);
  box.closest("[data-stream-frame]")?.removeAttribute("hidden");
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function boxOf(key) {
  return document.querySelector(`[data-stream="${CSS.escape(key)}"]`);
}

function heard(message) {
  const key = keyOf(message);
  const parts = said.get(key) ?? [];
  parts.push([message.agent, message.text]);
  said.set(key, parts);
  const box = boxOf(key);
  if (!box) return;
  if (box.filledFor === box.dataset.keep) write(box, message.agent, message.text);
  else fill(box);
}

// A box that is new, or that the server has just emptied because its words are on record, begins with what is known.
function fill(box) {
  if (box.filledFor === box.dataset.keep) return;
  box.filledFor = box.dataset.keep;
  box.textContent = "";
  delete box.dataset.speaker;
  for (const [agent, text] of said.get(box.dataset.stream) ?? []) write(box, agent, text);
}

document.addEventListener("live:message", ({ detail }) => {
  if (detail.type === "delta") heard(detail);
  else if (["message", "tool_call", "model_call"].includes(detail.type)) said.delete(keyOf(detail));
});

document.body.addEventListener("htmx:afterSettle", () => {
  for (const box of document.querySelectorAll("[data-stream]")) fill(box);
});
