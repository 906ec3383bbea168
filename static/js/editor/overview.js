// While very many cards move, a plain picture of them is shown, which costs much less than they do. The cards stand still
// under it, there for screen readers and the focus, and come to their places once all rests.
import { draw } from "./cards.js";
import { visible } from "./geometry.js";
import { isBusy } from "./pointer.js";
import { paint, readColours } from "./sketch.js";
import { on, store } from "./store.js";
import { area, place } from "./viewport.js";

const MANY = 100;
const REST_MS = 180;
const canvas = document.getElementById("canvas");
const sheet = document.getElementById("overview");
let frame = 0;
let timer = 0;

function show(isPicture) {
  store.isPictured = isPicture;
  sheet.hidden = !isPicture;
}

function moving() {
  if (!store.isPictured) {
    if (visible(store.rects, area()).length < MANY) return;
    readColours();
    show(true);
  }
  clearTimeout(timer);
  timer = setTimeout(rest, REST_MS);
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    if (store.isPictured) paint();
  });
}

function rest() {
  clearTimeout(timer);
  if (isBusy()) {
    timer = setTimeout(rest, REST_MS);
    return;
  }
  show(false);
  place();
  draw();
}

// What is pressed is what the picture shows there: the cards come to their places first.
function pressed(event) {
  if (!store.isPictured || isBusy()) return;
  rest();
  event.stopImmediatePropagation();
  document.elementFromPoint(event.clientX, event.clientY)?.dispatchEvent(new PointerEvent(event.type, event));
}

canvas.addEventListener("pointerdown", pressed, { capture: true });
on("viewing moved", moving);
on("selected changed", () => store.isPictured && moving());
