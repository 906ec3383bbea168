// Narrows a list of choices to those that fit what is typed above it.
document.addEventListener("input", (event) => {
  const id = event.target.dataset?.filter;
  if (!id) return;
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  const list = document.getElementById(id);
  let left = 0;
  for (const item of list.children) {
    item.hidden = !words.every((word) => item.dataset.words.includes(word));
    left += !item.hidden;
  }
  const none = list.parentElement.querySelector("[data-filter-none]");
  if (none) none.hidden = left > 0;
});

// Enter in the search takes the first that is left; Escape folds the list.
document.addEventListener(
  "keydown",
  (event) => {
    const picker = event.target.closest?.(".panel-picker");
    if (!picker) return;
    if (event.key === "Enter" && event.target.matches("[data-filter]")) {
      event.preventDefault();
      picker.querySelector("li:not([hidden]) button")?.click();
    } else if (event.key === "Escape" && picker.open) {
      event.stopPropagation();
      picker.open = false;
      picker.querySelector("summary").focus();
    }
  },
  { capture: true },
);

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".panel-picker[open]")) event.target.querySelector("[data-filter]")?.focus();
}, { capture: true });

document.addEventListener("click", (event) => {
  const agent = event.target.closest?.(".panel-agent");
  if (agent) agent.closest("details").open = false;
});
