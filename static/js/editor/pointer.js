// Pointers on the canvas: one gesture at a time, held by the canvas itself, so that cards may be swapped in mid-drag.
// A gesture is {start?, move(event), end(event), cancel()}; it begins once the pointer has gone a few pixels.
import { pan, zoomAt } from "./viewport.js";

const FAR = 4;
const EDGE = 44;
const canvas = document.getElementById("canvas");
const touches = new Map();
const starters = [];
let active = null;
let rolling = 0;
let pinch = null;
let isSpace = false;

// Modules say in turn what a press on something begins: (event) => gesture or null.
export function begins(starter) {
  starters.push(starter);
}

export function isBusy() {
  return Boolean(active?.isOn);
}

export function panning() {
  return {
    cursor: "grabbing",
    isPan: true,
    move: (event, last) => pan(event.clientX - last.clientX, event.clientY - last.clientY),
  };
}

export function cancelGesture() {
  const was = active;
  active = null;
  cancelAnimationFrame(rolling);
  canvas.style.cursor = "";
  if (was?.isOn) was.gesture.cancel?.();
  return Boolean(was?.isOn);
}

function take(gesture, event) {
  cancelGesture();
  active = { gesture, first: event, last: event, isOn: false, id: event.pointerId };
}

function pressed(event) {
  if (event.target.closest("button, a, input, textarea, [popover]")) return;
  if (event.pointerType === "touch") touches.set(event.pointerId, event);
  if (touches.size === 2) {
    cancelGesture();
    pinch = spread();
    return;
  }
  if (active?.isOn || touches.size > 2) return;
  const isPan = event.button === 1 || (isSpace && event.button === 0);
  const gesture = isPan ? panning() : event.button === 0 ? firstOf(event) : null;
  if (!gesture) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true });
  take(gesture, event);
}

function firstOf(event) {
  for (const starter of starters) {
    const gesture = starter(event);
    if (gesture) return gesture;
  }
  return null;
}

function moved(event) {
  if (touches.has(event.pointerId)) touches.set(event.pointerId, event);
  if (pinch && touches.size === 2) return pinched();
  if (!active || active.id !== event.pointerId) return;
  if (!active.isOn) {
    const { first } = active;
    if (Math.hypot(event.clientX - first.clientX, event.clientY - first.clientY) < FAR) return;
    active.isOn = true;
    canvas.setPointerCapture(event.pointerId);
    canvas.style.cursor = active.gesture.cursor ?? "";
    active.gesture.start?.(first);
  }
  active.gesture.move?.(event, active.last);
  active.last = event;
  if (!active.gesture.isPan && !rolling) rolling = requestAnimationFrame(roll);
}

// Near a side the canvas rolls on under the gesture.
function roll() {
  rolling = 0;
  if (!active?.isOn || active.gesture.isPan) return;
  const { left, top, right, bottom } = canvas.getBoundingClientRect();
  const { clientX, clientY } = active.last;
  const speed = (from, to, at) => (at < from + EDGE ? from + EDGE - at : at > to - EDGE ? to - EDGE - at : 0) / 4;
  const [dx, dy] = [speed(left, right, clientX), speed(top, bottom, clientY)];
  if (!dx && !dy) return;
  pan(Math.max(-14, Math.min(14, dx)), Math.max(-14, Math.min(14, dy)));
  active.gesture.move?.(active.last, active.last);
  rolling = requestAnimationFrame(roll);
}

function released(event) {
  touches.delete(event.pointerId);
  if (touches.size < 2) pinch = null;
  if (!active || active.id !== event.pointerId) return;
  const was = active;
  active = null;
  cancelAnimationFrame(rolling);
  rolling = 0;
  canvas.style.cursor = "";
  if (!was.isOn) was.gesture.tap?.(event);
  else was.gesture.end?.(event);
}

function spread() {
  const [a, b] = [...touches.values()];
  return {
    x: (a.clientX + b.clientX) / 2,
    y: (a.clientY + b.clientY) / 2,
    length: Math.max(10, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)),
  };
}

function pinched() {
  const now = spread();
  pan(now.x - pinch.x, now.y - pinch.y);
  zoomAt(now.x, now.y, now.length / pinch.length);
  pinch = now;
}

function wheeled(event) {
  if (event.target.closest(".ed-tools, [popover], dialog")) return;
  event.preventDefault();
  const unit = event.deltaMode === 1 ? 18 : 1;
  const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
  if (event.ctrlKey || event.metaKey) zoomAt(event.clientX, event.clientY, Math.exp(-dy * 0.0022 * (Math.abs(dy) < 30 ? 4 : 1)));
  else if (event.shiftKey && !dx) pan(-dy, 0);
  else pan(-dx, -dy);
}

export function holdSpace(isHeld) {
  isSpace = isHeld;
  canvas.classList.toggle("can-pan", isHeld);
}

canvas.addEventListener("pointerdown", pressed);
canvas.addEventListener("pointermove", moved);
canvas.addEventListener("pointerup", released);
canvas.addEventListener("pointercancel", (event) => {
  touches.delete(event.pointerId);
  pinch = null;
  cancelGesture();
});
// Otherwise the browser makes a click of a tap, which would meet what the tap has just opened.
canvas.addEventListener("touchend", (event) => {
  if (event.cancelable && !event.target.closest("button, a, input, textarea, [popover]")) event.preventDefault();
});
canvas.addEventListener("wheel", wheeled, { passive: false });
canvas.addEventListener("auxclick", (event) => event.preventDefault());
