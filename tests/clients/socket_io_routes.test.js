// Applications on unmodified socket.io-client without a server of their own: the routes and bridges
// of docs/socket_io_routes.md.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Redis } from "ioredis";

import { Server, until } from "./support/server.js";
import { connect, take } from "./support/socket_io_cluster.js";

const changes = "internal-server:checkbox:change";

let server;
let redis;
let clients;
before(async () => {
  server = await Server.start([
    ["io-threads", "4"],
    ["channel", "open:*", "sub=anon", "pub=anon"],
    ["user", "browser", "on", "nopass", "~boxes", "~seen:*", "~orders", "&internal-server:*",
      "+setbit", "+getbit", "+incr", "+publish", "+xadd"],
    ["sio-route", "/", "outside", "publish", "elsewhere"],
    ["sio-route", "/", "client:checkbox:change", "publish", changes],
    ["sio-bridge", "/", changes, "emit", "server:checkbox:change"],
    ["sio-bridge", "/", "news", "emit", "news", "to", "readers"],
    ["sio-route", "/", "box", "run", "SETBIT", "boxes", "$.index", "$.checked", "then", "emit", "boxed"],
    ["sio-route", "/", "is set", "run", "GETBIT", "boxes", "$"],
    ["sio-route", "/", "see", "run", "INCR", "$.key", "then", "emit", "seen", "to", "$.room"],
    ["sio-route", "/", "forbidden", "run", "SET", "boxes", "$", "then", "emit", "boxed"],
    ["sio-route", "/", "forbidden too", "run", "FLUSHALL"],
    ["sio-route", "/", "order:*", "stream", "orders"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
  clients = await Promise.all(Array.from({ length: 4 }, () => connect(server.origin)));
});
after(async () => {
  clients?.forEach((client) => client.disconnect());
  redis?.disconnect();
  await server?.stop();
});

const ask = (client, ...event) => client.timeout(5000).emitWithAck(...event);

// Events of all, none of which has come yet: an event that all get comes after them.
const quiet = async () => {
  await redis.publish(changes, '"end"');
  await until("the end", () => clients.every((client) => client.seen.at(-1)?.[1] === "end"));
  return clients.map((client) => client.seen.splice(0).slice(0, -1));
};

test("the checkboxes need no server between the pages", async () => {
  const change = { index: 7, checked: true };
  clients[0].emit("client:checkbox:change", change);
  for (const seen of await take(clients))
    assert.deepEqual(seen, [["server:checkbox:change", change]]);
  assert.deepEqual(await ask(clients[1], "client:checkbox:change", 1), { ok: true });
  await take(clients);
});

test("the checkboxes work with a server on the channel", async () => {
  const state = new Map();
  const application = redis.duplicate();
  application.on("message", (channel, text) => {
    const { index, checked } = JSON.parse(text);
    state.set(index, checked);
  });
  await application.subscribe(changes);
  clients[2].emit("client:checkbox:change", { index: 3, checked: true });
  await redis.publish(changes, '{"index":4,"checked":false}');
  await until("both", () => state.size === 2);
  assert.deepEqual([...state.entries()].sort(), [[3, true], [4, false]]);
  const [first] = await take(clients, 2);
  assert.deepEqual(first.map(([, { index }]) => index).sort(), [3, 4]);
  await application.quit();
});

test("bridges carry any payload, and go to rooms", async () => {
  await redis.publish(changes, "plain text");
  await redis.publish(changes, Buffer.from([255, 254]));
  for (const [text, binary] of await take(clients, 2)) {
    assert.deepEqual(text, ["server:checkbox:change", "plain text"]);
    assert.deepEqual([...new Uint8Array(binary[1])], [255, 254]);
  }
  await redis.publish("news", "1");
  assert.deepEqual((await quiet()).flat(), []);
});

test("binary is published alone, not within JSON", async () => {
  const application = redis.duplicate();
  const heard = [];
  application.on("messageBuffer", (channel, payload) => heard.push(payload));
  await application.subscribe(changes);
  assert.deepEqual(await ask(clients[0], "client:checkbox:change", Buffer.from([1, 255])),
    { ok: true });
  await until("the bytes", () => heard.length === 1);
  assert.deepEqual([...heard[0]], [1, 255]);
  const answer = await ask(clients[0], "client:checkbox:change", { a: Buffer.from([1]) });
  assert.equal(answer.error.code, 107);
  await take(clients);
  await application.quit();
});

test("commands run with values of the event, and then it is told", async () => {
  assert.deepEqual(await ask(clients[0], "box", { index: 9, checked: true }), { ok: true });
  for (const seen of await take(clients))
    assert.deepEqual(seen, [["boxed", { index: 9, checked: true }]]);
  assert.equal(await redis.getbit("boxes", 9), 1);
  assert.deepEqual(await ask(clients[0], "is set", 9), { ok: true });

  assert.deepEqual(await ask(clients[0], "box", { index: 9 }),
    { error: { code: 107, message: "no value at $.checked" } });
  const refused = await ask(clients[0], "box", { index: -1, checked: true });
  assert.equal(refused.error.code, 107);
  assert.match(refused.error.message, /bit offset/);
  assert.deepEqual((await quiet()).flat(), []);
});

test("each sees the same last change of a box", async () => {
  const seen = clients.map(() => []);
  clients.forEach((client, i) => client.on("boxed", ({ checked }) => seen[i].push(checked)));
  await Promise.all(clients.map(async (client, i) => {
    for (let j = 0; j < 50; ++j) await ask(client, "box", { index: 1, checked: (i + j) % 2 === 0 });
  }));
  await until("all", () => seen.every((list) => list.length === 200));
  const last = await redis.getbit("boxes", 1);
  for (const list of seen) {
    assert.deepEqual(list, seen[0]);
    assert.equal(list.at(-1), last === 1);
  }
  clients.forEach((client) => {
    client.off("boxed");
    client.seen.splice(0);
  });
});

test("the user of browsers bounds what routes run", async () => {
  const denied = { error: { code: 103, message: "permission denied" } };
  assert.deepEqual(await ask(clients[0], "forbidden", "x"), denied);
  assert.deepEqual(await ask(clients[0], "forbidden too", "x"), denied);
  assert.deepEqual(await ask(clients[0], "outside", "x"), denied);
  assert.deepEqual(await ask(clients[0], "see", { key: "other", room: "r" }), denied);
  assert.deepEqual(await ask(clients[0], "see", { key: "seen:a", room: clients[1].id }),
    { ok: true });
  assert.deepEqual((await take([clients[1]]))[0],
    [["seen", { key: "seen:a", room: clients[1].id }]]);
  assert.equal(await redis.get("seen:a"), "1");
  await redis.acl("SETUSER", "browser", "off");
  assert.deepEqual(await ask(clients[0], "box", { index: 5, checked: true }), denied);
  await redis.acl("SETUSER", "browser", "on");
  assert.deepEqual((await quiet()).flat(), []);
});

test("streams take events, and RT.REPLY answers them", async () => {
  await redis.xgroup("CREATE", "orders", "workers", "$", "MKSTREAM");
  const answer = ask(clients[0], "order:new", { item: "book" }, "second");
  const read = async () => {
    const [[, [[id, fields]]]] =
      await redis.xreadgroup("GROUP", "workers", "w", "COUNT", "1", "BLOCK", "5000", "STREAMS", "orders", ">");
    const entry = { id };
    for (let i = 0; i < fields.length; i += 2) entry[fields[i]] = fields[i + 1];
    return entry;
  };
  const entry = await read();
  const { reply } = entry;
  assert.equal(entry.sid, clients[0].id);
  assert.equal(entry.user, "");
  assert.equal(entry.nsp, "/");
  assert.equal(entry.event, "order:new");
  assert.equal(entry.data, '{"item":"book"}');
  assert.equal(entry.arguments, '[{"item":"book"},"second"]');
  assert.equal(await redis.call("RT.REPLY", reply, '{"number":17}'), 1);
  assert.deepEqual(await answer, { number: 17 });
  assert.equal(await redis.call("RT.REPLY", reply, '"again"'), 0);

  const refused = ask(clients[1], "order:cancel");
  const second = await read();
  assert.equal(second.data, "null");
  assert.equal(await redis.call("RT.REPLYERR", second.reply, "409", "too late"), 1);
  assert.deepEqual(await refused, { error: { code: 409, message: "too late" } });

  clients[0].emit("order:note", 1);
  assert.equal((await read()).reply, undefined);
  const late = await clients[0].timeout(50).emitWithAck("order:slow", 1).catch((error) => error);
  assert.ok(late instanceof Error);
  await assert.rejects(redis.call("RT.REPLY", "x", "no json"), /not JSON/);
  await assert.rejects(redis.call("RT.REPLYERR", "x", "0", "m"), /code/);
});

test("a stream that is another type says so", async () => {
  await redis.rename("orders", "orders:away");
  await redis.set("orders", "text");
  const answer = await ask(clients[0], "order:new", 1);
  assert.equal(answer.error.code, 100);
  await redis.rename("orders:away", "orders");
});

test("events without a route are refused", async () => {
  assert.equal((await ask(clients[0], "unknown", 1)).error.code, 104);
});
