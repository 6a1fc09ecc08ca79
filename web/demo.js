// The checkbox demo: clicks go out on one channel, changes come in on another.

import { RealtimeClient } from "/web/realtime.js";

const clicks = "client:checkbox:change";
const changes = "internal-server:checkbox:change";
const size = 1000;
const noteMs = 4000;

const board = document.getElementById("board");
const boxes = [];
let checked = 0;
let seen = 0;
let current = 0; // the box that the Tab key reaches
let live = false;

const showFigures = () => {
  document.getElementById("checked").textContent = checked.toLocaleString("en");
  document.getElementById("changes").textContent = seen.toLocaleString("en");
};

let noteTimer = 0;
const note = (text) => {
  document.getElementById("note").textContent = text;
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => (document.getElementById("note").textContent = ""), noteMs);
};

const showState = (state, text) => {
  const element = document.getElementById("state");
  element.dataset.state = state;
  element.textContent = text;
  live = state === "live";
  board.classList.toggle("offline", !live);
};

const set = (index, value) => {
  if (boxes[index].checked === value) return;
  boxes[index].checked = value;
  checked += value ? 1 : -1;
};

const flash = (box) => {
  box.classList.remove("changed");
  void box.offsetWidth; // starts the animation anew
  box.classList.add("changed");
};

const isChange = (data) =>
  data !== null && typeof data === "object" && Number.isInteger(data.index) && data.index >= 0 &&
  data.index < size && typeof data.checked === "boolean";

const apply = (data) => {
  if (!isChange(data)) return;
  set(data.index, data.checked);
  flash(boxes[data.index]);
  ++seen;
  showFigures();
};

// Changes that come while the state is being read are newer than it, so they are applied after it.
let reading = 0;
let waiting = [];

const readState = async () => {
  const mine = ++reading;
  waiting = [];
  const response = await fetch("/demo/state", { cache: "no-store" });
  if (!response.ok) throw new Error(`the state cannot be read: ${response.status}`);
  const { bitmap } = await response.json();
  if (mine !== reading) return;
  const bytes = Uint8Array.from(atob(bitmap), (letter) => letter.charCodeAt(0));
  for (let i = 0; i < size; ++i) set(i, ((bytes[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0);
  reading = 0;
  for (const data of waiting.splice(0)) apply(data);
  showFigures();
};

const client = new RealtimeClient("/connection/websocket", {
  channels: [changes],
  onState: (state, text) => showState(state === "live" ? "connecting" : state, text),
  onLive: async () => {
    showState("connecting", "reading");
    await readState();
    showState("live", "live");
  },
  onPublication: (channel, data) => (reading ? waiting.push(data) : apply(data)),
});

const click = async (index) => {
  const value = boxes[index].checked;
  if (!live) {
    boxes[index].checked = !value;
    note("Not connected. Wait a moment.");
    return;
  }
  checked += value ? 1 : -1;
  showFigures();
  try {
    await client.publish(clicks, { index, checked: value });
  } catch (error) {
    note(`Not changed: ${error.message}.`);
    if (live) readState().catch(() => client.reconnect());
  }
};

const focusBox = (index) => {
  boxes[current].tabIndex = -1;
  current = Math.min(Math.max(index, 0), size - 1);
  boxes[current].tabIndex = 0;
};

const columns = () => getComputedStyle(board).gridTemplateColumns.split(" ").length;

const moves = {
  ArrowLeft: () => current - 1,
  ArrowRight: () => current + 1,
  ArrowUp: () => current - columns(),
  ArrowDown: () => current + columns(),
  Home: () => 0,
  End: () => size - 1,
};

for (let i = 0; i < size; ++i) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.tabIndex = i === 0 ? 0 : -1;
  box.autocomplete = "off";
  box.setAttribute("aria-label", `Box ${i}`);
  box.title = `Box ${i}`;
  boxes.push(box);
}
board.append(...boxes);

board.addEventListener("change", (event) => click(boxes.indexOf(event.target)));
board.addEventListener("focusin", (event) => focusBox(boxes.indexOf(event.target)));
board.addEventListener("keydown", (event) => {
  const move = moves[event.key];
  if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  focusBox(move());
  boxes[current].focus();
});

showFigures();
client.start();
