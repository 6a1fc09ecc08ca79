// One editor for each type of value. Each shows the first elements and changes them in place.

import { run } from "/web/admin.js";
import { formatNumber, h, toast } from "/web/dom.js";

const shownMax = 200;

// Bytes that are not text were replaced on the way here; writing them back would spoil the value.
const isText = (value) => !value.includes("\ufffd");

const act = async (work, done) => {
  try {
    await work();
    await done();
  } catch (error) {
    toast(error.message, "bad");
  }
};

const field = (label, value = "", properties = {}) =>
  h("input", { "aria-label": label, placeholder: label, value, autocomplete: "off",
    spellcheck: "false", ...properties });

const save = (label = "Save") => h("button", { type: "submit" }, label);

const form = (work, done, ...children) =>
  h("form", { class: "row", onsubmit: (event) => {
    event.preventDefault();
    act(work, done);
  } }, children);

const removeButton = (work, done) =>
  h("button", { type: "button", class: "quiet danger small", "aria-label": "Remove",
    onclick: () => act(work, done) }, "Remove");

// A table of elements; a click on a value makes it a field.
const table = (heads, rows, total) => [
  h("div", { class: "scroll" }, h("table", { class: "values" },
    h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, head)), h("th", {}))),
    h("tbody", {}, rows))),
  total > rows.length
    ? h("p", { class: "muted small" }, `${formatNumber(rows.length)} of ${formatNumber(total)} shown`)
    : null,
];

const editable = (value, change, done) => {
  const cell = h("td", {});
  const rest = () => {
    if (!isText(value)) return cell.replaceChildren(h("span", { class: "binary" }, value));
    cell.replaceChildren(h("button", { type: "button", class: "value", title: "Edit",
      onclick: edit }, value || "(empty)"));
  };
  const edit = () => {
    const input = field("Value", value);
    const close = () => input.isConnected && rest();
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter") act(() => change(input.value), done);
    });
    input.addEventListener("blur", close);
    cell.replaceChildren(input);
    input.focus();
  };
  rest();
  return cell;
};

const pretty = (text) => {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? JSON.stringify(value, null, 2) : null;
  } catch {
    return null;
  }
};

const string = async (key, place, again) => {
  const value = (await run("GET", key)) ?? "";
  const area = h("textarea", { rows: Math.min(Math.max(value.split("\n").length, 4), 24),
    "aria-label": "Value", spellcheck: "false", value, readonly: !isText(value) });
  const json = pretty(value);
  place.append(area, h("div", { class: "row" },
    isText(value)
      ? h("button", { type: "button", onclick: () =>
          act(() => run("SET", key, area.value, "KEEPTTL"), again) }, "Save")
      : h("p", { class: "muted small" }, "Bytes that are not text cannot be edited here."),
    json === null || json === value ? null
      : h("button", { type: "button", class: "quiet", onclick: () => (area.value = json) },
          "Format JSON"),
    h("span", { class: "muted small" }, `${formatNumber(value.length)} characters`)));
};

const hash = async (key, place, again) => {
  const [, flat] = await run("HSCAN", key, 0, "COUNT", shownMax);
  const rows = [];
  for (let i = 0; i + 1 < flat.length && rows.length < shownMax; i += 2) {
    const name = flat[i];
    rows.push(h("tr", {}, h("th", { scope: "row" }, name),
      editable(flat[i + 1], (value) => run("HSET", key, name, value), again),
      h("td", {}, removeButton(() => run("HDEL", key, name), again))));
  }
  const name = field("Field");
  const value = field("Value");
  place.append(...table(["Field", "Value"], rows, await run("HLEN", key)).filter(Boolean),
    form(() => run("HSET", key, name.value, value.value), again, name, value, save("Add")));
};

const list = async (key, place, again) => {
  const values = await run("LRANGE", key, 0, shownMax - 1);
  const marker = `removed-${crypto.randomUUID?.() ?? Math.random()}`;
  const rows = values.map((value, index) => h("tr", {}, h("th", { scope: "row" }, `${index}`),
    editable(value, (changed) => run("LSET", key, index, changed), again),
    h("td", {}, removeButton(async () => {
      await run("LSET", key, index, marker);
      await run("LREM", key, 1, marker);
    }, again))));
  const value = field("Value");
  place.append(...table(["#", "Value"], rows, await run("LLEN", key)).filter(Boolean),
    form(() => run("RPUSH", key, value.value), again, value, save("Push at the end")));
};

const set = async (key, place, again) => {
  const [, members] = await run("SSCAN", key, 0, "COUNT", shownMax);
  const rows = members.slice(0, shownMax).map((member) => h("tr", {}, h("td", {}, member),
    h("td", {}, removeButton(() => run("SREM", key, member), again))));
  const member = field("Member");
  place.append(...table(["Member"], rows, await run("SCARD", key)).filter(Boolean),
    form(() => run("SADD", key, member.value), again, member, save("Add")));
};

const zset = async (key, place, again) => {
  const flat = await run("ZRANGE", key, 0, shownMax - 1, "WITHSCORES");
  const rows = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const member = flat[i];
    rows.push(h("tr", {}, h("th", { scope: "row" }, member),
      editable(flat[i + 1], (score) => run("ZADD", key, score, member), again),
      h("td", {}, removeButton(() => run("ZREM", key, member), again))));
  }
  const member = field("Member");
  const score = field("Score", "", { inputmode: "decimal" });
  place.append(...table(["Member", "Score"], rows, await run("ZCARD", key)).filter(Boolean),
    form(() => run("ZADD", key, score.value, member.value), again, member, score, save("Add")));
};

const stream = async (key, place, again) => {
  const entries = await run("XREVRANGE", key, "+", "-", "COUNT", shownMax);
  const rows = entries.map(([id, fields]) => {
    const pairs = [];
    for (let i = 0; i + 1 < fields.length; i += 2)
      pairs.push(h("span", { class: "pair" }, h("b", {}, fields[i]), " ", fields[i + 1]));
    return h("tr", {}, h("th", { scope: "row" }, h("code", {}, id)), h("td", {}, pairs),
      h("td", {}, removeButton(() => run("XDEL", key, id), again)));
  });
  const name = field("Field");
  const value = field("Value");
  place.append(...table(["Id", "Fields"], rows, await run("XLEN", key)).filter(Boolean),
    form(() => run("XADD", key, "*", name.value, value.value), again, name, value, save("Append")));
};

const other = async (key, place) => {
  place.append(h("p", { class: "muted" }, "This type cannot be shown here."));
};

const editors = { string, hash, list, set, zset, stream };

// (key, where, done) → shows the value; `done` is called when it has been changed.
export const editorOf = (kind) => editors[kind] ?? other;
