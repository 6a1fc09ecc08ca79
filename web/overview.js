// The first view: what the server does at this moment. Without the admin token, public counters only.

import { admin, parseInfo, parsePairs, runAll } from "/web/admin.js";
import { Chart } from "/web/chart.js";
import { every, formatBytes, formatDuration, formatMicroseconds, formatNumber, formatShort, h }
  from "/web/dom.js";

// Charts outlive the view, so that coming back to it shows no gap.
const charts = {
  commands: new Chart("Commands per second", formatShort),
  latency: new Chart("Time per command", formatMicroseconds),
  memory: new Chart("Memory", formatBytes, true),
  pushes: new Chart("Messages to browsers per second", formatShort),
};
let last = null;
let lastTimes = null;

// Takes a sample of /api/stats, whether the view is open or not.
export const sample = (stats) => {
  const at = performance.now();
  if (last) {
    const rate = (name) => ((stats[name] - last.stats[name]) * 1000) / Math.max(at - last.at, 1);
    charts.commands.add(rate("commands_total"));
    charts.pushes.add(rate("pushes"));
    charts.memory.add(stats.memory_bytes);
  }
  last = { stats, at };
};

const tile = (label, value) =>
  h("div", { class: "tile" }, h("dt", {}, label), h("dd", {}, value));

const addresses = (stats) => {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const row = (name, text) => [h("dt", {}, name), h("dd", {}, h("code", {}, text))];
  return h("dl", { class: "addresses" },
    row("Redis clients", stats.resp_port ? `redis://${location.hostname}:${stats.resp_port}` : "off"),
    row("WebSocket", `${scheme}://${location.host}/connection/websocket`),
    row("Socket.IO", `${scheme}://${location.host}/socket.io/`),
    row("Metrics", `${location.origin}/metrics`));
};

const timesOf = (commandStats) => {
  const total = { calls: 0, usec: 0 };
  for (const text of Object.values(commandStats)) {
    const { calls, usec } = parsePairs(text);
    total.calls += calls;
    total.usec += usec;
  }
  return total;
};

const busiest = (info) =>
  Object.entries(info.commandstats ?? {})
    .map(([name, text]) => ({ name: name.replace("cmdstat_", ""), ...parsePairs(text) }))
    .sort((a, b) => b.usec - a.usec)
    .slice(0, 8)
    .map(({ name, calls, usec_per_call: each }) => {
      const seen = info.latencystats?.[`latency_percentiles_usec_${name}`];
      const { p50, p99 } = seen ? parsePairs(seen) : {};
      return h("tr", {},
        h("td", {}, h("code", {}, name.toUpperCase().replace("|", " "))),
        h("td", { class: "number" }, formatNumber(calls)),
        h("td", { class: "number" }, formatMicroseconds(each)),
        h("td", { class: "number wide-only" }, formatMicroseconds(p50)),
        h("td", { class: "number" }, formatMicroseconds(p99)));
    });

export const overview = {
  title: "Overview",
  open(place, signal) {
    const tiles = h("dl", { class: "tiles" });
    const where = h("div", {});
    const rows = h("tbody", {});
    const table = h("section", { class: "panel", hidden: true },
      h("h2", {}, "Where the time goes"),
      h("div", { class: "scroll" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", {}, "Command"), h("th", { class: "number" }, "Calls"),
          h("th", { class: "number" }, "Mean"), h("th", { class: "number wide-only" }, "p50"),
          h("th", { class: "number" }, "p99"))), rows)));
    const latency = charts.latency.element;
    place.append(tiles,
      h("div", { class: "charts" }, charts.commands.element, latency, charts.memory.element,
        charts.pushes.element),
      table,
      h("section", { class: "panel" }, h("h2", {}, "Addresses"), where));
    latency.hidden = !admin.isOpen;

    const readTimes = async () => {
      const [stats, percentiles] =
        await runAll([["INFO", "commandstats"], ["INFO", "latencystats"]]);
      const info = { ...parseInfo(stats), ...parseInfo(percentiles) };
      const times = timesOf(info.commandstats ?? {});
      const calls = times.calls - (lastTimes?.calls ?? times.calls);
      if (lastTimes) charts.latency.add(calls > 0 ? (times.usec - lastTimes.usec) / calls : 0);
      lastTimes = times;
      table.hidden = false;
      rows.replaceChildren(...busiest(info));
    };

    every(1000, signal, async () => {
      if (last) {
        const { stats } = last;
        tiles.replaceChildren(
          tile("Keys", formatNumber(stats.keys)),
          tile("Memory", formatBytes(stats.memory_bytes)),
          tile("Redis clients", formatNumber(stats.clients)),
          tile("WebSockets", formatNumber(stats.websockets)),
          tile("Channels", formatNumber(stats.channels)),
          tile("Log", !stats.log_enabled ? "off" : stats.log_ok ? "writing" : "failed"),
          tile("Running for", formatDuration(stats.uptime_s)));
        if (!where.firstChild) where.append(addresses(stats));
      }
      if (admin.isOpen) await readTimes().catch(() => (table.hidden = true));
    });
  },
};
