// What an operator looks for: slow commands, the state of the files, the configuration.

import { parseInfo, run, runAll } from "/web/admin.js";
import { every, formatBytes, formatDuration, formatMicroseconds, formatNumber, h, toast }
  from "/web/dom.js";

const facts = (pairs) =>
  h("dl", { class: "facts" }, pairs.map(([name, value, kind]) =>
    h("div", {}, h("dt", {}, name), h("dd", { class: kind ?? "" }, value))));

const ago = (seconds) =>
  seconds > 0 ? `${formatDuration(Date.now() / 1000 - seconds)} ago` : "never";

const persistence = (info) => {
  const state = info.persistence ?? {};
  const status = (value) => [value, value === "ok" ? "good" : "bad"];
  const logIsOn = state.aof_enabled === "1";
  return facts([
    ["Log", logIsOn ? "on" : "off"],
    ...(logIsOn ? [
      ["Last write", ...status(state.aof_last_write_status)],
      ["Size", formatBytes(Number(state.aof_current_size))],
      ["Rewriting", state.aof_rewrite_in_progress === "1" ? "now" : "no"],
    ] : []),
    ["Last snapshot", ago(Number(state.rdb_last_save_time))],
    ["It was", ...status(state.rdb_last_bgsave_status)],
    ["Changes since", formatNumber(Number(state.rdb_changes_since_last_save))],
    ["Saving", state.rdb_bgsave_in_progress === "1" ? "now" : "no"],
  ]);
};

const memory = (info) => {
  const use = info.memory ?? {};
  return facts([
    ["In use", formatBytes(Number(use.used_memory))],
    ["At most so far", formatBytes(Number(use.used_memory_peak))],
    ["Resident", formatBytes(Number(use.used_memory_rss))],
    ["Limit", Number(use.maxmemory) ? formatBytes(Number(use.maxmemory)) : "none"],
    ["When full", use.maxmemory_policy ?? "–"],
  ]);
};

export const slowLog = {
  title: "Slow log",
  needsToken: true,
  open(place, signal) {
    const rows = h("tbody", {});
    const note = h("p", { class: "muted small", role: "status" });
    const read = async () => {
      try {
        const [entries, [, threshold]] =
          await runAll([["SLOWLOG", "GET", 100], ["CONFIG", "GET", "slowlog-log-slower-than"]]);
        note.textContent = Number(threshold) < 0 ? "The slow log is off."
          : `Commands that took longer than ${formatMicroseconds(Number(threshold))}, newest first.`;
        rows.replaceChildren(...entries.map(([, at, us, words, address]) =>
          h("tr", {}, h("td", { class: "wide-only" }, new Date(at * 1000).toLocaleString("en-GB")),
            h("td", { class: "number" }, formatMicroseconds(us)),
            h("td", {}, h("code", { class: "words" }, words.join(" "))),
            h("td", { class: "wide-only" }, h("code", {}, address)))));
        if (entries.length === 0)
          rows.replaceChildren(h("tr", {}, h("td", { colspan: 4, class: "muted" }, "Nothing was slow.")));
      } catch (error) {
        note.textContent = error.message;
      }
    };
    place.append(h("section", { class: "panel" },
      h("div", { class: "row spread" }, note, h("button", { type: "button", class: "quiet",
        onclick: () => run("SLOWLOG", "RESET").then(read, (error) => toast(error.message, "bad")) },
      "Clear")),
      h("div", { class: "scroll" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { class: "wide-only" }, "When"),
          h("th", { class: "number" }, "Took"), h("th", {}, "Command"),
          h("th", { class: "wide-only" }, "Client"))), rows))));
    every(3000, signal, read);
  },
};

export const serverView = {
  title: "Server",
  needsToken: true,
  open(place, signal) {
    const files = h("div", {});
    const space = h("div", {});
    const settings = h("tbody", {});
    const search = h("input", { type: "search", placeholder: "Directive", "aria-label": "Directive" });
    let all = [];

    const ask = (...words) =>
      run(...words).then((answer) => toast(answer), (error) => toast(error.message, "bad"));
    const showSettings = () => {
      const word = search.value.toLowerCase();
      settings.replaceChildren(...all.filter(([name]) => name.includes(word)).map(([name, value]) =>
        h("tr", {}, h("th", { scope: "row" }, h("code", {}, name)),
          h("td", {}, h("button", { type: "button", class: "value", title: "Change",
            onclick: () => change(name, value) }, value || "(empty)")))));
    };
    const readSettings = async () => {
      const flat = await run("CONFIG", "GET", "*");
      all = [];
      for (let i = 0; i + 1 < flat.length; i += 2) all.push([flat[i], flat[i + 1]]);
      all.sort(([a], [b]) => a.localeCompare(b));
      showSettings();
    };
    const change = async (name, value) => {
      const changed = prompt(name, value);
      if (changed === null || changed === value) return;
      await ask("CONFIG", "SET", name, changed);
      await readSettings();
    };
    search.addEventListener("input", showSettings);
    place.append(
      h("div", { class: "two" },
        h("section", { class: "panel" }, h("h2", {}, "Persistence"), files,
          h("div", { class: "row" },
            h("button", { type: "button", class: "quiet", onclick: () => ask("BGSAVE") }, "Snapshot now"),
            h("button", { type: "button", class: "quiet", onclick: () => ask("BGREWRITEAOF") },
              "Rewrite the log"))),
        h("section", { class: "panel" }, h("h2", {}, "Memory"), space)),
      h("section", { class: "panel" },
        h("div", { class: "row spread" }, h("h2", {}, "Configuration"), search),
        h("div", { class: "scroll" }, h("table", { class: "values" }, settings))));
    readSettings().catch((error) => toast(error.message, "bad"));
    every(2000, signal, async () => {
      try {
        const info = parseInfo(await run("INFO"));
        files.replaceChildren(persistence(info));
        space.replaceChildren(memory(info));
      } catch (error) {
        files.replaceChildren(h("p", { class: "bad" }, error.message));
      }
    });
  },
};
