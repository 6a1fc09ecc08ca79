// A small client of the native protocol (docs/ws_protocol.md): connects, subscribes, publishes,
// and connects again after every failure.

const firstDelayMs = 500;
const longestDelayMs = 10000;
const replyTimeoutMs = 10000;
// Close codes from here on say that trying again is useless.
const isFinal = (code) => (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);

export class RealtimeClient {
  // handlers: channels, onState(state, text), onLive() after subscribing, onPublication(channel, data).
  constructor(path, handlers) {
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.handlers = handlers;
    this.attempts = 0;
    this.socket = null;
    this.retryTimer = 0;
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
  }

  start() {
    clearTimeout(this.retryTimer);
    this.retryTimer = 0;
    this.lastId = 0;
    this.waiting = new Map(); // id → how to settle its promise
    this.handlers.onState("connecting", this.attempts ? "reconnecting" : "connecting");
    const socket = new WebSocket(this.url, "centrifuge-json");
    this.socket = socket;
    socket.onopen = () => this.greet(socket);
    socket.onmessage = (event) => {
      this.watch();
      for (const line of event.data.split("\n")) if (line) this.take(JSON.parse(line));
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code, event.reason);
    };
  }

  async greet(socket) {
    try {
      const connected = await this.ask("connect", { name: "duplex-web" });
      this.silenceMs = connected.ping ? connected.ping * 1000 + replyTimeoutMs : 0;
      this.watch();
      await Promise.all(this.handlers.channels.map((channel) => this.ask("subscribe", { channel })));
      await this.handlers.onLive();
      this.attempts = 0;
    } catch (error) {
      if (socket !== this.socket) return;
      if (error.code && !error.temporary) this.stop(error.message);
      else this.reconnect();
    }
  }

  // Resolves with the result, or rejects with an Error that has the code of the reply.
  ask(method, request) {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) return reject(new Error("not connected"));
      const id = ++this.lastId;
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error("no answer"));
      }, replyTimeoutMs);
      this.waiting.set(id, { method, resolve, reject, timer });
      this.socket.send(JSON.stringify({ id, [method]: request }));
    });
  }

  publish(channel, data) {
    return this.ask("publish", { channel, data });
  }

  take(message) {
    if (message.push) {
      if (message.push.pub) this.handlers.onPublication(message.push.channel, message.push.pub.data);
    } else if (message.id) {
      const asked = this.waiting.get(message.id);
      if (!asked) return;
      this.waiting.delete(message.id);
      clearTimeout(asked.timer);
      if (message.error) asked.reject(Object.assign(new Error(message.error.message), message.error));
      else asked.resolve(message[asked.method]);
    } else {
      this.socket.send("{}"); // the answer to a ping
    }
  }

  // The server pings; a connection without any sign of it is dead even if nobody has said so.
  watch() {
    clearTimeout(this.watchTimer);
    if (this.silenceMs) this.watchTimer = setTimeout(() => this.reconnect(), this.silenceMs);
  }

  forget() {
    clearTimeout(this.watchTimer);
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer);
      reject(new Error("connection lost"));
    }
    this.waiting.clear();
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  lost(code, reason) {
    this.forget();
    if (isFinal(code)) return this.stop(reason);
    const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** this.attempts++);
    this.handlers.onState("off", "disconnected");
    this.retryTimer = setTimeout(() => this.start(), delay * (0.5 + Math.random() / 2));
  }

  reconnect() {
    if (this.socket) this.lost(0, "");
  }

  retryNow() {
    if (this.retryTimer) this.start();
  }

  stop(reason) {
    this.forget();
    this.handlers.onState("off", reason || "refused");
  }
}
