// Connections, with a way to end them.

import { run } from "/web/admin.js";
import { every, formatDuration, formatNumber, h, toast } from "/web/dom.js";

// A line of CLIENT LIST as an object; values hold no spaces.
const parseLine = (line) =>
  Object.fromEntries(line.split(" ").map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  }));

export const clients = {
  title: "Connections",
  needsToken: true,
  open(place, signal) {
    const rows = h("tbody", {});
    const summary = h("p", { class: "muted small", role: "status" });
    const search = h("input", { type: "search", placeholder: "Address, name, user or command",
      "aria-label": "Search" });

    const end = async (client) => {
      if (!confirm(`Disconnect ${client.addr}?`)) return;
      try {
        await run("CLIENT", "KILL", "ID", client.id);
        await read();
      } catch (error) {
        toast(error.message, "bad");
      }
    };
    const rowOf = (client) =>
      h("tr", {},
        h("td", { class: "number wide-only" }, client.id),
        h("td", {}, h("code", {}, client.addr), client.name ? h("div", { class: "muted small" },
          client.name) : null),
        h("td", { class: "wide-only" }, client.user ?? ""),
        h("td", {}, h("code", {}, (client.cmd ?? "").replace("|", " "))),
        h("td", { class: "number" }, formatDuration(Number(client.idle))),
        h("td", { class: "number wide-only" }, formatDuration(Number(client.age))),
        h("td", {}, h("button", { type: "button", class: "quiet danger small",
          onclick: () => end(client) }, "End")));
    const read = async () => {
      try {
        const all = (await run("CLIENT", "LIST")).split("\n").filter(Boolean).map(parseLine);
        const word = search.value.toLowerCase();
        const shown = all.filter((client) =>
          !word || [client.addr, client.name, client.user, client.cmd]
            .some((text) => text?.toLowerCase().includes(word)));
        summary.textContent = `${formatNumber(shown.length)} of ${formatNumber(all.length)} connections`;
        rows.replaceChildren(...shown.slice(0, 300).map(rowOf));
      } catch (error) {
        summary.textContent = error.message;
      }
    };
    search.addEventListener("input", read);
    place.append(h("section", { class: "panel" },
      h("div", { class: "row" }, search), summary,
      h("div", { class: "scroll" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { class: "number wide-only" }, "Id"), h("th", {}, "Address"),
          h("th", { class: "wide-only" }, "User"), h("th", {}, "Last command"),
          h("th", { class: "number" }, "Idle"), h("th", { class: "number wide-only" }, "Age"),
          h("th", {}))), rows))));
    every(2000, signal, read);
  },
};
