// Pan and zoom: where the scene lies under the window of the canvas.
import { emit, store } from "./store.js";

export const LEAST = 0.1;
export const MOST = 2.5;
const GRID = 20;

const canvas = document.getElementById("canvas");
const scene = document.getElementById("scene");
const over = document.getElementById("over");
const grid = document.getElementById("grid");
export const view = { x: 0, y: 0, k: 1 };
let frame = 0;
let gliding = 0;
let settle = 0;

function draw() {
  frame = 0;
  place();
  emit("viewed");
}

// Puts the scene where it is seen, unless a picture stands for it meanwhile.
export function place() {
  const transform = `translate(${view.x}px, ${view.y}px) scale(${view.k})`;
  over.style.transform = transform;
  if (!store.isPictured) scene.style.transform = transform;
}

// The dots cost a third of every frame, so they wait until all stands still.
function drawGrid() {
  const size = GRID * view.k * 2 ** Math.max(0, Math.ceil(Math.log2(14 / (GRID * view.k))));
  grid.style.backgroundSize = `${size}px ${size}px`;
  grid.style.backgroundPosition = `${view.x % size}px ${view.y % size}px`;
  grid.classList.remove("is-moving");
  scene.classList.toggle("is-far", view.k < 0.45);
}

export function setView(x, y, k) {
  Object.assign(view, { x, y, k: Math.min(MOST, Math.max(LEAST, k)) });
  grid.classList.add("is-moving");
  clearTimeout(settle);
  settle = setTimeout(drawGrid, 90);
  frame ||= requestAnimationFrame(draw);
  emit("viewing");
}

let rect = null;

// Where the canvas is in the window; measured anew only when its size changed.
export function box() {
  rect ??= canvas.getBoundingClientRect();
  return rect;
}

new ResizeObserver(() => (rect = null)).observe(canvas);
addEventListener("resize", () => (rect = null));

export function pan(dx, dy) {
  cancelAnimationFrame(gliding);
  setView(view.x + dx, view.y + dy, view.k);
}

// Zoom so that what is under a point of the window stays there.
export function zoomAt(clientX, clientY, factor) {
  cancelAnimationFrame(gliding);
  const { left, top } = box();
  const [x, y] = [clientX - left, clientY - top];
  const k = Math.min(MOST, Math.max(LEAST, view.k * factor));
  setView(x - ((x - view.x) * k) / view.k, y - ((y - view.y) * k) / view.k, k);
}

export function zoomBy(factor) {
  const { left, top, width, height } = box();
  zoomAt(left + width / 2, top + height / 2, factor);
}

export function toScene(clientX, clientY) {
  const { left, top } = box();
  return { x: (clientX - left - view.x) / view.k, y: (clientY - top - view.y) / view.k };
}

export function toClient(point) {
  const { left, top } = box();
  return { x: left + view.x + point.x * view.k, y: top + view.y + point.y * view.k };
}

// What is seen of the scene.
export function area() {
  const { width, height } = box();
  return { x: -view.x / view.k, y: -view.y / view.k, width: width / view.k, height: height / view.k };
}

export function middle() {
  const { left, top, width, height } = box();
  return toScene(left + width / 2, top + height / 2);
}

export function glide(x, y, k) {
  const from = { ...view };
  const start = performance.now();
  const quick = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : 220;
  cancelAnimationFrame(gliding);
  const step = (now) => {
    const t = Math.min(1, Math.max(0, (now - start) / quick));
    const eased = 1 - (1 - t) ** 3;
    setView(from.x + (x - from.x) * eased, from.y + (y - from.y) * eased, from.k + (k - from.k) * eased);
    if (t < 1) gliding = requestAnimationFrame(step);
  };
  gliding = requestAnimationFrame(step);
}

export function fit(rect, { most = 1, least = LEAST, glides = true, padding = 48 } = {}) {
  const { width, height } = box();
  if (!rect) return glides ? glide(width / 2, height / 2, 1) : setView(width / 2 - 116, height / 2 - 60, 1);
  const k = Math.max(least, Math.min(most, (width - 2 * padding) / rect.width, (height - 2 * padding) / rect.height));
  const from = (size, room) => (size * k > room ? padding : (room - size * k) / 2);
  const [x, y] = [from(rect.width, width) - rect.x * k, from(rect.height, height) - rect.y * k];
  return glides ? glide(x, y, k) : setView(x, y, k);
}

// How much of the canvas is seen: on a phone the panel and the drawer lie over its lower part.
function clear() {
  rect = null;
  const { left, top, width, height } = box();
  const over = [...document.querySelectorAll("#panel, #trial")].map((one) => one.getBoundingClientRect());
  const lies = over.filter((one) => one.height && one.left <= left && one.right >= left + width && one.top < top + height);
  return { width, height: Math.max(0, Math.min(height, ...lies.map((one) => one.top - top))) };
}

// Move as little as is needed for a rectangle to be seen whole, or from its upper left corner on when it is too large.
export function reveal(rect, margin = 40) {
  const { width, height } = clear();
  const [left, top] = [rect.x * view.k + view.x, rect.y * view.k + view.y];
  const [right, bottom] = [left + rect.width * view.k, top + rect.height * view.k];
  const by = (from, to, size, gap = Math.min(margin, Math.max(0, (size - to + from) / 2))) =>
    from < gap ? gap - from : Math.max(gap - from, Math.min(0, size - gap - to));
  const [dx, dy] = [by(left, right, width), by(top, bottom, height)];
  if (dx || dy) glide(view.x + dx, view.y + dy, view.k);
}

export function centreOn(rect, k = Math.max(view.k, 0.8)) {
  const { width, height } = clear();
  glide(width / 2 - (rect.x + rect.width / 2) * k, height / 2 - (rect.y + rect.height / 2) * k, k);
}
