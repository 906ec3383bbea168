// Notes in the corner: they can be dismissed, and friendly ones leave by themselves.
const SECONDS = 6;

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
});

function arrange(note) {
  if (!note.classList.contains("is-error")) setTimeout(() => note.remove(), SECONDS * 1000);
}

const corner = document.getElementById("toasts");
for (const note of corner.querySelectorAll("[data-toast]")) arrange(note);
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (node instanceof Element && node.matches("[data-toast]")) arrange(node);
  }
}).observe(corner, { childList: true });
