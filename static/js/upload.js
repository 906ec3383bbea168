// A file field as a place to drop a file on. Without this script it is the browser's own file field.
function describe(zone, file) {
  const name = zone.querySelector("[data-drop-name]");
  name.textContent = file ? `${file.name} (${Math.max(1, Math.round(file.size / 1000)).toLocaleString()} kB)` : "";
  name.hidden = !file;
}

function prepare(zone) {
  if (zone.classList.contains("has-js")) return;
  zone.classList.add("has-js");
  const input = zone.querySelector("input[type=file]");
  input.addEventListener("change", () => describe(zone, input.files[0]));
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

for (const zone of document.querySelectorAll("[data-drop]")) prepare(zone);
document.body.addEventListener("htmx:load", () => {
  for (const zone of document.querySelectorAll("[data-drop]")) prepare(zone);
});
