// <a href="….svg" data-png="name.png"> saves the picture behind it as PNG, drawn here: twice as fine as the screen shows
// it, as far as a canvas may be large. Without this script the link leads to the SVG.
const MOST_PIXELS = 40_000_000;
const MOST_SIDE = 16_000;

export function scaleFor(width, height, wish = 2) {
  const bySide = MOST_SIDE / Math.max(width, height);
  return Math.min(wish, bySide, Math.sqrt(MOST_PIXELS / (width * height)));
}

async function drawn(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const scale = scaleFor(image.naturalWidth, image.naturalHeight);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function savePng(link) {
  link.setAttribute("aria-busy", "true");
  try {
    save(await drawn(link.href), link.dataset.png);
  } catch {
    location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

globalThis.document?.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-png]");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  savePng(link);
});
