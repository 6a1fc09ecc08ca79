// The start page: addresses, and counters that are read every second while somebody looks.

const refreshMs = 1000;
const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");

const formatBytes = (bytes) => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    ++unit;
  }
  return `${bytes.toFixed(unit === 0 || bytes >= 100 ? 0 : 1)} ${units[unit]}`;
};

const formatDuration = (seconds) => {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
};

const show = (attribute, stats, format) => {
  for (const element of document.querySelectorAll(`[data-${attribute}]`)) {
    const value = stats[element.dataset[attribute]];
    element.textContent = Number.isFinite(value) ? format(value) : "–";
  }
};

let last = null;

const showRates = (stats, at) => {
  for (const element of document.querySelectorAll("[data-rate]")) {
    const name = element.dataset.rate;
    if (!last || !Number.isFinite(stats[name])) continue;
    const rate = ((stats[name] - last.stats[name]) * 1000) / (at - last.at);
    element.textContent = number.format(Math.max(0, Math.round(rate)));
  }
  last = { stats, at };
};

const showAddresses = (stats) => {
  const host = location.hostname;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  byId("resp").textContent = stats.resp_port ? `redis://${host}:${stats.resp_port}` : "off";
  byId("websocket").textContent = `${scheme}://${location.host}/connection/websocket`;
  byId("metrics").textContent = `${location.origin}/metrics`;
  byId("demo").hidden = !stats.demo;
  byId("version").textContent = [
    stats.version ? `Duplex ${stats.version}` : "Duplex",
    stats.io_backend ? `on ${stats.io_backend}` : "",
    stats.loops ? `${stats.loops} event loop${stats.loops === 1 ? "" : "s"}` : "",
  ].filter(Boolean).join(" · ");
  byId("example").textContent = stats.demo
    ? `redis-cli -p ${stats.resp_port} GETBIT demo:checkboxes 7\n` +
      `redis-cli -p ${stats.resp_port} SUBSCRIBE internal-server:checkbox:change\n` +
      `redis-cli -p ${stats.resp_port} PUBLISH internal-server:checkbox:change ` +
      `'{"index":7,"checked":true}'`
    : `redis-cli -p ${stats.resp_port} SET greeting hello\n` +
      `redis-cli -p ${stats.resp_port} GET greeting`;
};

const showState = (state, text) => {
  if (byId("state").textContent === text) return;
  byId("state").dataset.state = state;
  byId("state").textContent = text;
};

const refresh = async () => {
  if (document.hidden) return;
  try {
    const response = await fetch("/api/stats", { cache: "no-store" });
    if (!response.ok) throw new Error(response.statusText);
    const stats = await response.json();
    showAddresses(stats);
    showRates(stats, performance.now());
    show("count", stats, (value) => number.format(value));
    show("bytes", stats, formatBytes);
    show("duration", stats, formatDuration);
    showState("live", "running");
  } catch {
    last = null;
    showState("off", "no answer");
  }
};

const run = async () => {
  await refresh();
  setTimeout(run, refreshMs);
};
run();
document.addEventListener("visibilitychange", refresh);
