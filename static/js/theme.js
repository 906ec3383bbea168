// Light, dark, or as the system says; kept in a cookie so that the server draws the first paint right.
const THEMES = ["", "paper", "night"];
const LABELS = { "": "Theme: system", paper: "Theme: light", night: "Theme: dark" };

function current() {
  return document.documentElement.dataset.theme ?? "";
}

function show() {
  for (const label of document.querySelectorAll("[data-theme-label]")) label.textContent = LABELS[current()];
}

function choose(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
  show();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  choose(THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length]);
});

show();
