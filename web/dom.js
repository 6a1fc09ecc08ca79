// Building elements, and writing numbers for people.

// h("a", { href: "/", class: "x", onclick: f }, "text", child, [children]); null children are left out.
export const h = (tag, properties = {}, ...children) => {
  const svg = ["svg", "path", "line", "circle", "g", "text", "rect"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};

const plain = new Intl.NumberFormat("en");
export const formatNumber = (value) =>
  Number.isFinite(value) ? plain.format(Math.round(value)) : "–";

// 1234567 → 1.23M: for figures that change every second.
export const formatShort = (value) => {
  if (!Number.isFinite(value)) return "–";
  const units = ["", "k", "M", "G"];
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    ++unit;
  }
  const digits = unit === 0 ? (Math.abs(value) < 10 ? 1 : 0) : value >= 100 ? 0 : 1;
  return `${value.toFixed(digits).replace(".0", "")}${units[unit]}`;
};

export const formatBytes = (bytes) => {
  if (!Number.isFinite(bytes)) return "–";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    ++unit;
  }
  return `${bytes.toFixed(unit === 0 || bytes >= 100 ? 0 : 1).replace(".0", "")} ${units[unit]}`;
};

export const formatMicroseconds = (us) => {
  if (!Number.isFinite(us)) return "–";
  if (us < 1000) return `${us < 10 ? us.toFixed(1) : Math.round(us)} µs`;
  if (us < 1000000) return `${(us / 1000).toFixed(us < 10000 ? 1 : 0)} ms`;
  return `${(us / 1000000).toFixed(1)} s`;
};

export const formatDuration = (seconds) => {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
};

export const formatTime = (date) =>
  date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

// Runs `work` now and every `ms` while the page is looked at, until the signal says stop.
export const every = (ms, signal, work) => {
  let timer = 0;
  const run = async () => {
    clearTimeout(timer);
    if (signal.aborted) return;
    if (!document.hidden) await work();
    if (!signal.aborted) timer = setTimeout(run, ms);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  document.addEventListener("visibilitychange", () => document.hidden || run(), { signal });
  run();
};

// A line at the edge of the window that goes away by itself.
export const toast = (text, kind = "info") => {
  const place = document.getElementById("toasts");
  const line = h("p", { class: `toast ${kind}`, role: "status" }, text);
  place.append(line);
  setTimeout(() => line.remove(), kind === "bad" ? 6000 : 3000);
};
