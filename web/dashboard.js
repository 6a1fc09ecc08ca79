// The dashboard: which view is open, whether the server answers, and the admin token.

import { admin, run } from "/web/admin.js";
import { channels } from "/web/channels.js";
import { clients } from "/web/clients.js";
import { every, h } from "/web/dom.js";
import { keys } from "/web/keys.js";
import { overview, sample } from "/web/overview.js";
import { serverView, slowLog } from "/web/server_view.js";

const views = { overview, keys, channels, connections: clients, slowlog: slowLog, server: serverView };
const byId = (id) => document.getElementById(id);

let open = null; // the controller that ends what the open view does

const showState = (state, text) => {
  const element = byId("state");
  if (element.textContent === text) return;
  element.dataset.state = state;
  element.textContent = text;
};

const readStats = async () => {
  try {
    const stats = await (await fetch("/api/stats", { cache: "no-store" })).json();
    showState("live", "live");
    sample(stats);
    byId("version").textContent = [
      stats.version ? `Duplex ${stats.version}` : "Duplex",
      stats.io_backend ? `on ${stats.io_backend}` : "",
      stats.loops ? `${stats.loops} event loop${stats.loops === 1 ? "" : "s"}` : "",
    ].filter(Boolean).join(" · ");
    byId("demo").hidden = !stats.demo;
  } catch {
    showState("off", "no answer");
  }
};

const locked = (place) =>
  place.append(h("section", { class: "panel locked" },
    h("h2", {}, "This needs the admin token"),
    h("p", { class: "muted" }, "It is what the configuration names with ",
      h("code", {}, "admin-token"), "; without that directive this part is closed."),
    h("button", { type: "button", onclick: unlock }, "Enter the token")));

const show = () => {
  const name = location.hash.slice(1);
  const view = views[name] ?? overview;
  open?.abort();
  open = new AbortController();
  const place = byId("view");
  place.replaceChildren();
  byId("title").textContent = view.title;
  for (const link of document.querySelectorAll("nav a")) {
    if ((views[link.hash.slice(1)] ?? overview) === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  byId("lock").textContent = admin.isOpen ? "Lock" : "Unlock";
  if (view.needsToken && !admin.isOpen) locked(place);
  else view.open(place, open.signal);
};

const unlock = () => {
  byId("token").value = "";
  byId("unlock-error").textContent = "";
  byId("unlock").showModal();
};

byId("lock").addEventListener("click", () => {
  if (!admin.isOpen) return unlock();
  admin.remember("");
  show();
});

byId("unlock-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  admin.remember(byId("token").value.trim());
  try {
    await run("PING");
    byId("unlock").close();
    show();
  } catch (error) {
    admin.remember("");
    byId("unlock-error").textContent = error.message;
  }
});
byId("unlock-cancel").addEventListener("click", () => byId("unlock").close());

addEventListener("hashchange", show);
every(1000, new AbortController().signal, readStats);
show();
