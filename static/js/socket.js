// News of the server as JSON over one WebSocket, with reconnection. Other modules listen to "live:message" and
// "live:catch-up" (a connection is there again: whatever was missed must be fetched).
const topics = new Map();
let socket;
let tries = 0;
let lost;

function send(topic) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ join: topic }));
}

export function join(topic) {
  if (topics.has(topic)) return;
  topics.set(topic, true);
  send(topic);
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}${document.body.dataset.socket}`);
  socket.addEventListener("open", opened);
  socket.addEventListener("message", received);
  socket.addEventListener("close", closed);
}

function opened() {
  clearTimeout(lost);
  document.querySelector("[data-offline]").hidden = true;
  for (const topic of topics.keys()) send(topic);
  if (tries > 0) document.dispatchEvent(new CustomEvent("live:catch-up"));
  tries = 0;
}

function received(event) {
  document.dispatchEvent(new CustomEvent("live:message", { detail: JSON.parse(event.data) }));
}

function closed(event) {
  if (event.code === 4401) return;
  tries += 1;
  if (tries === 2) lost = setTimeout(() => (document.querySelector("[data-offline]").hidden = false), 1500);
  setTimeout(connect, Math.min(10_000, 300 * 2 ** tries) * (0.75 + Math.random() / 2));
}

if (document.body.dataset.socket) connect();
