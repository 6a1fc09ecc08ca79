// Live keys and streams of a Duplex server over one WebSocket, which is opened again when it breaks.
// For channels use `centrifuge`, for rooms `socket.io-client`: the server speaks their protocols.

import { afterChange } from "./live_value.js";

export { CommandError, Commands } from "./commands.js";

const firstDelayMs = 300;
const longestDelayMs = 10_000;
const replyTimeoutMs = 10_000;
// Close codes from here on say that trying again is useless.
const isFinal = (code) => (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);

export class DuplexClient {
  #url;
  #options;
  #WebSocket;
  #socket = null;
  #closed = false;
  #attempts = 0;
  #retryTimer;
  #silenceTimer;
  #silenceMs = 0;
  #lastId = 0;
  #waiting = new Map(); // id → { method, resolve, reject, timer }
  #subscriptions = new Map(); // channel → what it does with results, publications and errors
  #connected = false;

  // options: token (a text, or a function that returns one or a promise of one), onState, onError,
  // WebSocket (a class, where there is no such global: Node before 22).
  constructor(url, options = {}) {
    this.#url = url;
    this.#options = options;
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.#open();
  }

  // Calls take(value, { type, version, encoding }) with the value of a key, now and after every change.
  key(name, take) {
    let state = null;
    const show = (next) => {
      state = next;
      const { value, ...about } = next;
      take(value, about);
    };
    return this.#subscribe(`key:${name}`, {
      request: () => ({}),
      result: (result) => show(result.data),
      publication: (publication, again) => {
        if (state === null || publication.data.version <= state.version) return;
        const next = afterChange(state, publication.data);
        if (next === undefined) again();
        else show(next);
      },
    });
  }

  // Calls take(entry, { offset }) for every entry that is appended to a stream, also those that came
  // while the connection was broken; options.onLost() if some of those cannot be had any more.
  // options.since: an { epoch, offset } to begin behind.
  stream(key, take, options = {}) {
    let position = options.since ?? null;
    const show = (publication) => {
      if (publication.offset !== undefined)
        position = { epoch: position?.epoch ?? "s", offset: publication.offset };
      take(publication.data, { offset: publication.offset });
    };
    return this.#subscribe(`stream:${key}`, {
      request: () => (position === null ? {} : { recover: true, ...position }),
      result: (result) => {
        const isLost = result.was_recovering && !result.recovered;
        for (const publication of result.publications ?? []) show(publication);
        if (isLost || position === null)
          position = { epoch: result.epoch ?? "s", offset: result.offset ?? 0 };
        if (isLost) options.onLost?.();
      },
      publication: show,
    });
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    this.#forget();
    this.#options.onState?.("closed");
  }

  #subscribe(channel, subscription) {
    if (this.#subscriptions.has(channel)) throw new Error(`${channel} is subscribed already`);
    this.#subscriptions.set(channel, subscription);
    if (this.#connected) this.#begin(channel, subscription);
    return {
      close: () => {
        if (this.#subscriptions.get(channel) !== subscription) return;
        this.#subscriptions.delete(channel);
        if (this.#connected) this.#ask("unsubscribe", { channel }).catch(() => {});
      },
    };
  }

  async #begin(channel, subscription) {
    try {
      const result = await this.#ask("subscribe", { channel, ...subscription.request() });
      if (this.#subscriptions.get(channel) === subscription) subscription.result(result);
    } catch (error) {
      if (error.code !== undefined) this.#options.onError?.(error, channel);
    }
  }

  async #again(channel, subscription) {
    await this.#ask("unsubscribe", { channel }).catch(() => {});
    if (this.#subscriptions.get(channel) === subscription) await this.#begin(channel, subscription);
  }

  #open() {
    this.#options.onState?.("connecting");
    const socket = new this.#WebSocket(this.#url, "centrifuge-json");
    this.#socket = socket;
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      this.#watch();
      for (const line of data.split("\n")) if (line) this.#take(JSON.parse(line));
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) this.#lost(code, reason);
    };
    socket.onerror = () => {};
  }

  async #greet(socket) {
    try {
      const { token } = this.#options;
      const shown = typeof token === "function" ? await token() : token;
      const connected = await this.#ask("connect", shown ? { token: shown } : {});
      this.#silenceMs = connected.ping ? connected.ping * 1000 + replyTimeoutMs : 0;
      this.#connected = true;
      this.#attempts = 0;
      this.#watch();
      this.#options.onState?.("open");
      for (const [channel, subscription] of this.#subscriptions) this.#begin(channel, subscription);
    } catch (error) {
      if (socket !== this.#socket) return;
      if (error.code !== undefined) this.#options.onError?.(error, "");
      this.#lost(0, "");
    }
  }

  #ask(method, request) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== this.#WebSocket.OPEN) return reject(new Error("not connected"));
      const id = ++this.#lastId;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error("no answer"));
      }, replyTimeoutMs);
      this.#waiting.set(id, { method, resolve, reject, timer });
      this.#socket.send(JSON.stringify({ id, [method]: request }));
    });
  }

  #take(message) {
    if (message.push) return this.#takePush(message.push);
    if (!message.id) return this.#socket.send("{}"); // the answer to a ping
    const asked = this.#waiting.get(message.id);
    if (!asked) return;
    this.#waiting.delete(message.id);
    clearTimeout(asked.timer);
    if (message.error)
      asked.reject(Object.assign(new Error(message.error.message), message.error));
    else asked.resolve(message[asked.method]);
  }

  #takePush({ channel, pub, unsubscribe }) {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return;
    if (pub) subscription.publication(pub, () => this.#again(channel, subscription));
    // From 2500 on: what was pushed is not complete, ask again.
    else if (unsubscribe?.code >= 2500) this.#begin(channel, subscription);
    else if (unsubscribe) this.#subscriptions.delete(channel);
  }

  // The server pings; a connection without any sign of it is dead even if nobody has said so.
  #watch() {
    clearTimeout(this.#silenceTimer);
    if (this.#silenceMs) this.#silenceTimer = setTimeout(() => this.#lost(0, ""), this.#silenceMs);
  }

  #forget() {
    clearTimeout(this.#silenceTimer);
    this.#connected = false;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error("connection lost"));
    }
    this.#waiting.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #lost(code, reason) {
    this.#forget();
    if (this.#closed) return;
    if (isFinal(code)) {
      this.#options.onError?.(Object.assign(new Error(reason), { code }), "");
      return this.close();
    }
    this.#options.onState?.("connecting");
    const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** this.#attempts++);
    this.#retryTimer = setTimeout(() => this.#open(), delay * (0.5 + Math.random() / 2));
  }
}
