// A plain picture of the scene on a 2D canvas: outlines of cards, containers and lines in the colours of the style sheets.
import { elementOf } from "./cards.js";
import { endsOf } from "./edges.js";
import { bends, cut, visible } from "./geometry.js";
import { keyOf } from "./model.js";
import { shownSteps, store } from "./store.js";
import { area, box, view } from "./viewport.js";

const FRAME_CORNER = 16;
const CARD_CORNER = 13;
const MARK = { x: 12, y: 12, size: 36, corner: 10 };
const TITLE = { x: 58, y: 27, height: 5, character: 7, most: 22 };
const LEGIBLE = 0.45;

const canvas = document.getElementById("canvas");
const sheet = document.getElementById("overview");
const pen = sheet.getContext("2d", { alpha: false });
let colours = null;

// What the style sheets say by day or night, asked once for each movement and each look of a card.
export function readColours() {
  const known = new Map();
  const ask = (element, name) => {
    const key = `${element.className} ${element.dataset.run} ${name}`;
    if (!known.has(key)) known.set(key, getComputedStyle(element).getPropertyValue(name));
    return known.get(key);
  };
  const token = (name) => ask(canvas, `--${name}`);
  const names = { card: "color-base-100", ink: "color-base-content", chosen: "color-primary", aim: "st-good" };
  const tones = new Map();
  for (const id of store.rects.keys()) {
    const element = elementOf(id);
    const mark = element?.querySelector(".ed-mark");
    if (mark) tones.set(id, { tone: ask(mark, "--tone"), run: element.dataset.run ? ask(element, "--st") : "" });
  }
  const tokens = Object.fromEntries(Object.entries(names).map(([key, name]) => [key, token(name)]));
  const font = `600 13.5px ${ask(canvas, "font-family")}`;
  colours = { ...tokens, tones, font, ground: ask(canvas, "background-color") };
}

// Outlines of one colour, which are drawn at once.
class Outlines {
  paths = new Map();

  of(colour) {
    if (!this.paths.has(colour)) this.paths.set(colour, new Path2D());
    return this.paths.get(colour);
  }

  fill(alpha = 1) {
    pen.globalAlpha = alpha;
    for (const [colour, path] of this.paths) {
      pen.fillStyle = colour;
      pen.fill(path);
    }
  }

  stroke(width, alpha = 1) {
    pen.globalAlpha = alpha;
    pen.lineWidth = width;
    for (const [colour, path] of this.paths) {
      pen.strokeStyle = colour;
      pen.stroke(path);
    }
  }
}

function drawLines(steps) {
  const [plain, lit] = [new Outlines(), new Outlines()];
  const aim = document.querySelector(".ed-edge.is-target")?.dataset.edge;
  for (const edge of store.model.edges) {
    const ends = endsOf(edge, steps);
    if (!ends) continue;
    const { from, to } = ends;
    const [out, back] = bends(from, to);
    const isLit = store.selection.has(edge.source) || store.selection.has(edge.target);
    const path = keyOf(edge) === aim ? lit.of(colours.aim) : isLit ? lit.of(colours.chosen) : plain.of(colours.ink);
    path.moveTo(from.x, from.y);
    path.bezierCurveTo(out, from.y, back, to.y, to.x, to.y);
  }
  plain.stroke(1.75, 0.22);
  lit.stroke(2, 0.8);
}

function borderOf(id) {
  if (store.selection.has(id)) return colours.chosen;
  if (elementOf(id)?.classList.contains("is-target")) return colours.aim;
  return colours.tones.get(id)?.run;
}

function drawCards(seen, steps) {
  const [cards, marks, plain, lit, titles] = Array.from({ length: 5 }, () => new Outlines());
  for (const [id, { x, y, width, height }] of seen) {
    const border = borderOf(id);
    (border ? lit.of(border) : plain.of(colours.ink)).roundRect(x, y, width, height, CARD_CORNER);
    cards.of(colours.card).roundRect(x, y, width, height, CARD_CORNER);
    marks.of(colours.tones.get(id)?.tone ?? colours.ink).roundRect(x + MARK.x, y + MARK.y, MARK.size, MARK.size, MARK.corner);
    const length = Math.min(TITLE.most, steps.get(id).title.length) * TITLE.character;
    if (view.k < LEGIBLE) titles.of(colours.ink).rect(x + TITLE.x, y + TITLE.y, length, TITLE.height);
  }
  cards.fill();
  plain.stroke(1, 0.22);
  lit.stroke(2);
  marks.fill(0.15);
  titles.fill(0.6);
  if (view.k >= LEGIBLE) writeTitles(seen, steps);
}

function writeTitles(seen, steps) {
  pen.globalAlpha = 1;
  pen.font = colours.font;
  pen.fillStyle = colours.ink;
  for (const [id, { x, y }] of seen) pen.fillText(cut(steps.get(id).title), x + TITLE.x, y + TITLE.y);
}

function drawFrames(seen) {
  const frames = new Outlines();
  for (const [id, { x, y, width, height }] of seen) {
    frames.of(borderOf(id) || colours.tones.get(id)?.tone || colours.ink).roundRect(x, y, width, height, FRAME_CORNER);
  }
  frames.fill(0.05);
  frames.stroke(1.5, 0.45);
}

export function paint() {
  const { width, height } = box();
  const [across, down] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  if (sheet.width !== across || sheet.height !== down) Object.assign(sheet, { width: across, height: down });
  pen.resetTransform();
  pen.globalAlpha = 1;
  pen.fillStyle = colours.ground;
  pen.fillRect(0, 0, across, down);
  pen.scale(devicePixelRatio, devicePixelRatio);
  pen.transform(view.k, 0, 0, view.k, view.x, view.y);
  const steps = shownSteps();
  const seen = visible(store.rects, area()).filter(([id]) => steps.has(id));
  drawFrames(seen.filter(([id]) => steps.get(id).isFrame));
  drawLines(steps);
  drawCards(seen.filter(([id]) => !steps.get(id).isFrame), steps);
}
