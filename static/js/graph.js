// Brings what matters of a large picture into view: the chosen step, else the one at work.
function show(graph) {
  const node = graph.querySelector(".node.is-selected, .node.st-running, .node.st-waiting, .node.st-failed");
  if (!node || graph.scrollWidth <= graph.clientWidth) return;
  const box = node.getBoundingClientRect();
  const frame = graph.getBoundingClientRect();
  if (box.left >= frame.left && box.right <= frame.right) return;
  graph.scrollBy({ left: box.left - frame.left - (frame.width - box.width) / 2, behavior: "smooth" });
}

function all() {
  for (const graph of document.querySelectorAll("[data-graph]")) show(graph);
}

all();
document.body.addEventListener("htmx:afterSettle", all);
