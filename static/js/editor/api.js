// The way to the server: one request after another, each retried until it was heard, so that nothing is lost when the
// network goes away. What waits is shown on the canvas already.
import { adopt } from "./cards.js";
import { applyLocally, emit, on, rebase, store } from "./store.js";

const CLIENT = crypto.randomUUID();
const SLOWEST_MS = 8000;
let urls = {};
let busy = false;
let count = 0;
let tries = 0;
let timer = 0;
let wanted = 0;

export function begin(addresses) {
  urls = addresses;
}

// Changes that belong together: one request, one undo. `look` of a new step is for the canvas alone.
export function send(changes, title = "") {
  if (!store.mayBuild || !changes.length) return;
  enqueue({ url: urls.changes, changes, title });
}

export function undo() {
  if (store.standing.undo || store.pending.length) enqueue({ url: urls.undo });
}

export function redo() {
  if (store.standing.redo) enqueue({ url: urls.redo });
}

// An entry belongs to the draft that it was made on: what others did since meets it, however late it is sent.
function enqueue(entry) {
  applyLocally({ revision: store.standing.revision, ...entry, request: (count += 1) });
  show();
  pump();
}

function bodyOf(entry) {
  const changes = entry.changes?.map(({ look, ...change }) => change);
  return JSON.stringify({ revision: entry.revision, client: CLIENT, request: entry.request, changes, title: entry.title });
}

async function call(url, options = {}) {
  const token = document.querySelector("#csrf input").value;
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token };
  const response = await fetch(url, { ...options, headers, redirect: "manual", signal: AbortSignal.timeout(20_000) });
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!isJson) throw Object.assign(new Error("no answer"), { status: response.status, isLost: response.status !== 502 });
  return { status: response.status, data: await response.json() };
}

async function pump() {
  if (busy || !store.pending.length) return;
  busy = true;
  clearTimeout(timer);
  timer = 0;
  const entry = store.pending[0];
  try {
    const { status, data } = await call(entry.url, { method: "POST", body: bodyOf(entry) });
    if (status >= 500 || status === 429) throw new Error("busy");
    tries = 0;
    store.pending.shift();
    if (status === 200) receive(data);
    else refused(entry, status, data);
  } catch (error) {
    failed(error);
  }
  busy = false;
  show();
  if (!timer && store.pending.length) pump();
  else if (wanted > store.standing.revision) catchUp();
}

function failed(error) {
  tries += 1;
  show(error.isLost && error.status !== undefined && error.status < 500 ? "signed-out" : "offline");
  timer = setTimeout(again, Math.min(SLOWEST_MS, 500 * 2 ** tries));
}

function again() {
  pump();
}

function refused(entry, status, data) {
  rebase();
  if (status === 409 && data.theirs && entry.changes) emit("clash", { entry, ...data });
  else emit("refused", data.error.message);
  if (status === 409) catchUp();
}

// What the other side put on top is the ground for ours now.
export function sendAgain(entry, revision) {
  enqueue({ url: entry.url, changes: entry.changes, title: entry.title, revision });
}

export function receive(news) {
  if (news.revision < (store.standing.revision ?? 0)) return;
  const { steps } = store.server;
  const before = new Map(Object.keys(news.places ?? {}).map((id) => [id, store.model.steps.get(id)]).filter(([, one]) => one));
  for (const [id, { x, y }] of before) before.set(id, { x, y });
  for (const id of news.gone ?? []) {
    steps.delete(id);
    delete store.documents[id];
  }
  for (const html of Object.values(news.cards ?? {})) {
    const step = adopt(html);
    steps.set(step.id, step);
  }
  for (const [id, [x, y]] of Object.entries(news.places ?? {})) if (steps.has(id)) Object.assign(steps.get(id), { x, y });
  Object.assign(store.documents, news.documents);
  store.server.edges = news.edges;
  store.server.notes = news.notes;
  stand(news);
  rebase();
  emit("arrived", before);
  if (news.title) emit("said", news.title);
}

export function stand(news) {
  const { revision, undo: undone, redo: redone, findings, facts, order } = news;
  store.standing = { revision, undo: undone, redo: redone, findings, facts, order };
  document.body.dataset.revision = revision;
  emit("standing");
}

// What others did: asked for when the server says that there is something new.
export async function catchUp(revision = Infinity) {
  if (revision <= store.standing.revision) return;
  if (busy) {
    wanted = Math.max(wanted, revision === Infinity ? store.standing.revision + 1 : revision);
    return;
  }
  busy = true;
  wanted = 0;
  try {
    const { status, data } = await call(`${urls.changes}?since=${store.standing.revision}`);
    if (status === 200) receive(data);
  } catch {
    emit("refused", "");
  }
  busy = false;
  pump();
}

export async function fetchJson(url, options) {
  const { status, data } = await call(url, options);
  if (status !== 200) throw new Error(data.error?.message ?? "That did not work.");
  return data;
}

export { urls as addresses };

function show(trouble = "") {
  const waiting = store.pending.length;
  emit("saving", { state: trouble || (waiting ? (tries ? "offline" : "saving") : "saved"), waiting });
}

window.addEventListener("online", again);
window.addEventListener("offline", () => show("offline"));
window.addEventListener("beforeunload", (event) => {
  if (store.pending.length) event.preventDefault();
});
on("retry", again);
