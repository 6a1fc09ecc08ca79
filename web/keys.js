// The keyspace: searching with SCAN, and looking at one key.

import { run, runAll } from "/web/admin.js";
import { formatBytes, formatDuration, formatNumber, h, toast } from "/web/dom.js";
import { editorOf } from "/web/value_editor.js";

const pageSize = 100;
const scansMax = 200; // of one search for a page; a rare name is looked for further on request

const ttlText = (ms) => (ms < 0 ? "no expiry" : `ends in ${formatDuration(ms / 1000)}`);

export const keys = {
  title: "Keys",
  needsToken: true,
  open(place, signal) {
    const search = h("input", { type: "search", placeholder: "user:*", "aria-label": "Pattern",
      autocapitalize: "off", autocomplete: "off", spellcheck: "false" });
    const type = h("select", { "aria-label": "Type" },
      ["all types", "string", "hash", "list", "set", "zset", "stream"].map((name) =>
        h("option", { value: name === "all types" ? "" : name }, name)));
    const list = h("ul", { class: "key-list" });
    const more = h("button", { type: "button", class: "quiet", hidden: true }, "Search on");
    const summary = h("p", { class: "muted small", role: "status" });
    const detail = h("section", { class: "panel key-detail empty" },
      h("p", { class: "muted" }, "Choose a key to see its value."));
    let cursor = "0";
    let shown = 0;
    let searching = 0;

    const select = async (key, row) => {
      list.querySelector("[aria-current]")?.removeAttribute("aria-current");
      row?.setAttribute("aria-current", "true");
      await show(key);
      if (matchMedia("(max-width: 60rem)").matches) detail.scrollIntoView({ behavior: "smooth" });
    };

    const rowOf = (key, kind) => {
      const row = h("button", { type: "button", onclick: () => select(key, row) },
        h("span", { class: `kind ${kind}` }, kind), h("span", { class: "key-name" }, key));
      return h("li", {}, row);
    };

    const scan = async () => {
      const mine = ++searching;
      const pattern = search.value.trim() || "*";
      const words = ["MATCH", /[*?[]/.test(pattern) ? pattern : `*${pattern}*`, "COUNT", 1000];
      if (type.value) words.push("TYPE", type.value);
      let found = 0;
      summary.textContent = "Searching …";
      for (let scans = 0; scans < scansMax && found < pageSize; ++scans) {
        const [next, names] = await run("SCAN", cursor, ...words);
        if (mine !== searching || signal.aborted) return;
        cursor = next;
        names.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
        const kinds = names.length ? await runAll(names.map((name) => ["TYPE", name])) : [];
        if (mine !== searching || signal.aborted) return;
        list.append(...names.map((name, i) => rowOf(name, kinds[i] ?? "none")));
        found += names.length;
        if (cursor === "0") break;
      }
      shown += found;
      more.hidden = cursor === "0";
      summary.textContent =
        shown === 0 && cursor === "0" ? "No key matches."
          : `${formatNumber(shown)} key${shown === 1 ? "" : "s"}${cursor === "0" ? "" : " so far"}`;
    };
    const restart = () => {
      cursor = "0";
      shown = 0;
      list.replaceChildren();
      return scan().catch((error) => toast(error.message, "bad"));
    };

    const show = async (key) => {
      try {
        const [kind, ttl, bytes, encoding] = await runAll([
          ["TYPE", key], ["PTTL", key], ["MEMORY", "USAGE", key], ["OBJECT", "ENCODING", key]]);
        if (kind === "none") {
          detail.replaceChildren(h("p", { class: "muted" }, "This key is gone."));
          return;
        }
        const body = h("div", { class: "editor" });
        const again = () => show(key);
        detail.classList.remove("empty");
        detail.replaceChildren(
          h("header", { class: "key-head" },
            h("h2", {}, key),
            h("p", { class: "muted small" },
              [kind, encoding, formatBytes(bytes), ttlText(ttl)].filter(Boolean).join(" · ")),
            h("div", { class: "row" },
              h("button", { type: "button", class: "quiet", onclick: again }, "Refresh"),
              h("button", { type: "button", class: "quiet", onclick: () => expire(key) }, "Expiry"),
              h("button", { type: "button", class: "quiet danger", onclick: () => remove(key) },
                "Delete"))),
          body);
        await editorOf(kind)(key, body, again);
      } catch (error) {
        toast(error.message, "bad");
      }
    };

    const expire = async (key) => {
      const seconds = prompt("Seconds until the key ends; empty: never", "");
      if (seconds === null) return;
      try {
        if (seconds.trim() === "") await run("PERSIST", key);
        else await run("EXPIRE", key, seconds.trim());
        await show(key);
      } catch (error) {
        toast(error.message, "bad");
      }
    };
    const remove = async (key) => {
      if (!confirm(`Delete ${key}?`)) return;
      await run("UNLINK", key).catch((error) => toast(error.message, "bad"));
      list.querySelector("[aria-current]")?.closest("li").remove();
      await show(key);
    };
    const create = async () => {
      const key = prompt("Name of the new key (a string)", "");
      if (!key) return;
      try {
        if ((await run("SET", key, "", "NX")) === null) toast("There is such a key already.", "bad");
        list.prepend(rowOf(key, await run("TYPE", key)));
        await select(key, list.querySelector("button"));
      } catch (error) {
        toast(error.message, "bad");
      }
    };

    let typing = 0;
    search.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(restart, 250);
    });
    type.addEventListener("change", restart);
    more.addEventListener("click", () => scan().catch((error) => toast(error.message, "bad")));
    place.append(h("div", { class: "split" },
      h("section", { class: "panel key-search" },
        h("div", { class: "row" }, search, type,
          h("button", { type: "button", class: "quiet", onclick: create }, "New")),
        summary, list, more),
      detail));
    restart();
  },
};
