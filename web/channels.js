// Channels: which there are, what passes on one of them, and publishing.

import { listen, run } from "/web/admin.js";
import { every, formatNumber, formatTime, h, toast } from "/web/dom.js";

const messagesMax = 200;

export const channels = {
  title: "Channels",
  needsToken: true,
  open(place, signal) {
    const list = h("ul", { class: "key-list" });
    const count = h("p", { class: "muted small", role: "status" });
    const name = h("input", { placeholder: "Channel", "aria-label": "Channel", autocomplete: "off",
      autocapitalize: "off", spellcheck: "false" });
    const data = h("textarea", { rows: 2, placeholder: '{"text":"hello"}', "aria-label": "Message",
      spellcheck: "false" });
    const messages = h("ol", { class: "messages", "aria-label": "Messages" });
    const hint = h("p", { class: "muted" }, "Choose a channel to see what passes on it.");
    const state = h("span", { class: "muted small", role: "status" }, "not listening");
    let current = null;

    const add = (channel, text) => {
      hint.hidden = true;
      messages.prepend(h("li", {}, h("time", {}, formatTime(new Date())), h("code", {}, text)));
      while (messages.children.length > messagesMax) messages.lastChild.remove();
    };
    const follow = async (channel) => {
      current?.abort();
      const mine = (current = new AbortController());
      name.value = channel;
      messages.replaceChildren();
      hint.hidden = false;
      hint.textContent = "Nothing has come yet.";
      state.textContent = `listening to ${channel}`;
      for (const row of list.querySelectorAll("button"))
        row.toggleAttribute("aria-current", row.dataset.channel === channel);
      try {
        await listen([channel], mine.signal, add);
        if (!mine.signal.aborted) state.textContent = "the server has ended the stream";
      } catch (error) {
        if (!mine.signal.aborted) state.textContent = error.message;
      }
    };
    const publish = async (event) => {
      event.preventDefault();
      if (!name.value) return;
      try {
        const receivers = await run("PUBLISH", name.value, data.value);
        toast(`${formatNumber(receivers)} receiver${receivers === 1 ? "" : "s"}`);
      } catch (error) {
        toast(error.message, "bad");
      }
    };

    signal.addEventListener("abort", () => current?.abort());
    place.append(h("div", { class: "split" },
      h("section", { class: "panel key-search" }, h("h2", {}, "Active channels"), count, list),
      h("section", { class: "panel" },
        h("form", { class: "publish", onsubmit: publish },
          h("div", { class: "row" }, name,
            h("button", { type: "button", class: "quiet",
              onclick: () => name.value && follow(name.value) }, "Listen"),
            h("button", { type: "submit" }, "Publish")),
          data),
        h("div", { class: "row spread" }, h("h2", {}, "Live"), state),
        hint, messages)));

    every(2000, signal, async () => {
      try {
        const flat = await run("RT.CHANNELS");
        const rows = [];
        for (let i = 0; i + 1 < flat.length; i += 2)
          rows.push({ channel: flat[i], subscribers: flat[i + 1] });
        rows.sort((a, b) => b.subscribers - a.subscribers || a.channel.localeCompare(b.channel));
        count.textContent = rows.length === 0 ? "Nobody is subscribed to anything."
          : `${formatNumber(rows.length)} channel${rows.length === 1 ? "" : "s"}`;
        list.replaceChildren(...rows.slice(0, 500).map(({ channel, subscribers }) =>
          h("li", {}, h("button", { type: "button", "data-channel": channel,
            "aria-current": !current?.signal.aborted && channel === name.value && current !== null,
            onclick: () => follow(channel) },
          h("span", { class: "key-name" }, channel),
          h("span", { class: "muted number" }, formatNumber(subscribers))))));
      } catch (error) {
        count.textContent = error.message;
      }
    });
  },
};
