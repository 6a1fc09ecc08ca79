// Unmodified socket.io-client against the server.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { Redis } from "ioredis";
import { io } from "socket.io-client";

import { Server, until } from "./support/server.js";

let echo; // what it is sent
let server; // as in production, with some open channels
let redis;
before(async () => {
  echo = await Server.start([
    ["conformance-endpoints", "yes"],
    ["io-threads", "4"],
  ]);
  server = await Server.start([
    ["channel", "open:*", "sub=anon", "pub=anon"],
    ["channel", "read:*", "sub=anon"],
    ["io-threads", "4"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
});
after(async () => {
  redis?.disconnect();
  await echo?.stop();
  await server?.stop();
});

const connect = async (to, options = {}, name = "") => {
  const socket = io(`${to.origin}${name}`, { forceNew: true, ...options });
  socket.seen = [];
  socket.onAny((...event) => socket.seen.push(event));
  await Promise.race([
    once(socket, "connect"),
    once(socket, "connect_error").then(([error]) => Promise.reject(error)),
  ]);
  return socket;
};

const transports = {
  "polling only": { transports: ["polling"] },
  "WebSocket only": { transports: ["websocket"] },
  "polling first": {},
};

for (const [what, options] of Object.entries(transports)) {
  test(`events, acks and binary: ${what}`, async () => {
    const socket = await connect(echo, { ...options, auth: { token: "abc" } });
    await until("auth", () => socket.seen.length === 1);
    assert.deepEqual(socket.seen.shift(), ["auth", { token: "abc" }]);
    if (what === "polling first") {
      const { engine } = socket.io;
      await until("the upgrade", () => engine.transport.name === "websocket");
    }
    socket.emit("message", 1, "zwei", { drei: [true, null, "ö"] });
    socket.emit("message", Buffer.from([1, 2, 3]), { deep: Buffer.from([4]) });
    await until("both", () => socket.seen.length === 2);
    assert.deepEqual(socket.seen[0], ["message-back", 1, "zwei", { drei: [true, null, "ö"] }]);
    const [, first, second] = socket.seen[1];
    assert.deepEqual([...new Uint8Array(first)], [1, 2, 3]);
    assert.deepEqual([...new Uint8Array(second.deep)], [4]);
    assert.equal(await socket.timeout(5000).emitWithAck("message-with-ack", "x"), "x");
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => socket.timeout(5000).emitWithAck("message-with-ack", i)),
    );
    assert.deepEqual(answers, [...answers.keys()]);
    const long = "y".repeat(700_000);
    assert.equal(await socket.timeout(5000).emitWithAck("message-with-ack", long), long);
    socket.disconnect();
  });
}

test("namespaces share one connection", async () => {
  const main = await connect(echo, { forceNew: false });
  const custom = await connect(echo, { forceNew: false, auth: { a: 1 } }, "/custom");
  assert.equal(main.io, custom.io);
  assert.notEqual(main.id, custom.id);
  await until("auth", () => custom.seen.length === 1);
  assert.deepEqual(custom.seen[0], ["auth", { a: 1 }]);
  main.disconnect();
  assert.equal(await custom.timeout(5000).emitWithAck("message-with-ack", 1), 1);
  custom.disconnect();
  await assert.rejects(connect(echo, {}, "/nothing"), /Invalid namespace/);
});

test("comes back after the connection was lost", async () => {
  const socket = await connect(echo, { reconnectionDelay: 10, transports: ["websocket"] });
  const { id } = socket;
  socket.io.engine.transport.ws._socket?.destroy();
  socket.io.engine.transport.ws.terminate?.();
  await once(socket, "disconnect");
  await once(socket, "connect");
  assert.notEqual(socket.id, id);
  assert.equal(await socket.timeout(5000).emitWithAck("message-with-ack", 1), 1);
  socket.disconnect();
});

test("tokens that nobody can check are refused with a code", async () => {
  const refused = connect(server, { auth: { token: "abc" } });
  await assert.rejects(refused, (error) => {
    assert.equal(error.message, "invalid token");
    assert.deepEqual(error.data, { code: 3500 });
    return true;
  });
});

for (const [what, options] of Object.entries(transports)) {
  test(`a published message reaches the sockets of a room: ${what}`, async () => {
    const socket = await connect(server, options);
    const ask = (...event) => socket.timeout(5000).emitWithAck(...event);
    assert.deepEqual(await ask("rt:join", "open:news"), { ok: true });
    assert.equal(await redis.publish("open:news", '{"index":7}'), 1);
    await redis.publish("open:news", "plain text");
    await redis.publish("open:news", Buffer.from([0xff, 0]));
    await until("all", () => socket.seen.length === 3);
    assert.deepEqual(socket.seen[0], ["open:news", { index: 7 }]);
    assert.deepEqual(socket.seen[1], ["open:news", "plain text"]);
    assert.deepEqual([...new Uint8Array(socket.seen[2][1])], [0xff, 0]);
    assert.deepEqual(await ask("rt:leave", "open:news"), { ok: true });
    assert.equal(await redis.publish("open:news", "1"), 0);
    socket.disconnect();
  });
}

test("sockets publish where the rules allow it", async () => {
  const [a, b] = [await connect(server), await connect(server)];
  const ask = (socket, ...event) => socket.timeout(5000).emitWithAck(...event);
  for (const socket of [a, b]) assert.deepEqual(await ask(socket, "rt:join", "open:1"), { ok: true });
  assert.deepEqual(await redis.pubsub("NUMSUB", "open:1"), ["open:1", 2]);
  assert.deepEqual(await ask(a, "rt:publish", "open:1", { x: [1] }), { ok: true });
  await until("the event", () => a.seen.length === 1 && b.seen.length === 1);
  assert.deepEqual(b.seen[0], ["open:1", { x: [1] }]);
  const refusals = [
    [["rt:join", "closed:1"], 103],
    [["rt:publish", "read:1", 1], 103],
    [["rt:join", "open:1"], 105],
    [["rt:join"], 107],
    [["rt:join", ""], 107],
    [["rt:join", 7], 107],
    [["rt:join", "open:" + "x".repeat(300)], 107],
    [["rt:leave", "open:2"], 107],
    [["rt:leave", a.id], 107],
    [["rt:publish", "open:1"], 107],
    [["rt:other", "x"], 104],
    [["anything", "x"], 104],
  ];
  for (const [event, code] of refusals)
    assert.equal((await ask(a, ...event)).error?.code, code, JSON.stringify(event));
  a.disconnect();
  await until("its end", async () => (await redis.pubsub("NUMSUB", "open:1"))[1] === 1);
  b.disconnect();
  await until("its end", async () => (await redis.pubsub("NUMSUB", "open:1"))[1] === 0);
});

test("a client that sends too fast is told so, and then ended", async () => {
  const socket = await connect(server, { transports: ["websocket"], reconnection: false });
  const codes = [];
  for (let i = 0; i < 2000; i++)
    socket.emit("anything", (answer) => codes.push(answer.error.code));
  const [reason] = await once(socket, "disconnect");
  assert.equal(reason, "transport close");
  assert.ok(codes.includes(104) && codes.includes(111));
});
