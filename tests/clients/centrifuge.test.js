// The realtime protocol with Centrifugo's own client.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { Centrifuge, errorCodes } from "centrifuge";
import { Redis } from "ioredis";
import { WebSocket } from "ws";

import { Server, until } from "./support/server.js";

const secret = "a secret that is long enough for anybody";

// A token that lasts for some seconds.
const token = (claims, seconds = 600) => {
  const part = (object) => Buffer.from(JSON.stringify(object)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iat: now, exp: now + seconds, ...claims })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
};

let server;
let redis;
const clients = [];

before(async () => {
  server = await Server.start([
    ["appendonly", "yes"],
    ["channel", "chat:*", "sub=anon", "pub=anon", "history=100", "ttl=600s"],
    ["channel", "short:*", "sub=anon", "history=3", "ttl=600s"],
    ["channel", "room:*", "sub=anon", "presence=yes", "joinleave=yes"],
    ["channel", "plain:*", "sub=anon", "pub=anon"],
    ["channel", "key:*", "sub=anon"],
    ["channel", "stream:*", "sub=anon"],
    ["rt-rpc", "math.*", "calls"],
    ["rt-token-hmac-secret", secret],
    ["ws-compression", "yes"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
  redis.on("error", () => {});
});
after(async () => {
  for (const client of clients) client.disconnect();
  redis?.disconnect();
  await server?.stop();
});

const connect = (options = {}) => {
  const client = new Centrifuge(server.webSocketUrl("/connection/websocket"), {
    websocket: WebSocket,
    minReconnectDelay: 20,
    maxReconnectDelay: 200,
    ...options,
  });
  client.connect();
  clients.push(client);
  return client;
};

// A subscription that notes what it is told.
const subscribe = async (client, channel, options = {}) => {
  const subscription = client.newSubscription(channel, options);
  subscription.seen = [];
  subscription.contexts = [];
  subscription.joined = [];
  subscription.left = [];
  subscription.on("publication", (context) => subscription.seen.push(context.data));
  subscription.on("subscribed", (context) => subscription.contexts.push(context));
  subscription.on("join", (context) => subscription.joined.push(context.info.client));
  subscription.on("leave", (context) => subscription.left.push(context.info.client));
  subscription.subscribe();
  await subscription.ready(10_000);
  return subscription;
};

// Breaks the connection without the client's doing, and keeps it away until it is let back.
const breakOff = async (client) => {
  client._transport._transport.terminate();
  await until("the break", () => client.state !== "connected");
};

test("subscribes and publishes", async () => {
  const client = connect();
  const subscription = await subscribe(client, "plain:a");
  assert.equal(subscription.contexts[0].recoverable, false);
  await subscription.publish({ text: "hello" });
  await until("the publication", () => subscription.seen.length === 1);
  assert.deepEqual(subscription.seen, [{ text: "hello" }]);
  assert.equal(await redis.publish("plain:a", '"from redis"'), 1);
  await until("the second", () => subscription.seen.length === 2);
  subscription.unsubscribe();
  await until("nobody to be there", async () => (await redis.publish("plain:a", "1")) === 0);
});

test("recovers what was published while the connection was broken", async () => {
  const client = connect();
  const subscription = await subscribe(client, "chat:broken");
  await redis.publish("chat:broken", "1");
  await until("the first", () => subscription.seen.length === 1);
  await breakOff(client);
  await redis.publish("chat:broken", "2");
  await redis.publish("chat:broken", "3");
  await until("the others", () => subscription.seen.length === 3);
  assert.deepEqual(subscription.seen, [1, 2, 3]);
  const last = subscription.contexts.at(-1);
  assert.equal(last.wasRecovering, true);
  assert.equal(last.recovered, true);
});

test("says when too much is missing", async () => {
  const client = connect();
  const subscription = await subscribe(client, "short:a");
  await redis.publish("short:a", "1");
  await until("the first", () => subscription.seen.length === 1);
  client.disconnect();
  for (const data of ["2", "3", "4", "5"]) await redis.publish("short:a", data);
  client.connect();
  await until("the subscription", () => subscription.contexts.length === 2);
  assert.equal(subscription.contexts[1].wasRecovering, true);
  assert.equal(subscription.contexts[1].recovered, false);
  assert.deepEqual(subscription.seen, [1]);
  assert.equal(subscription.contexts[1].streamPosition.offset, 5);
});

for (const signal of ["SIGTERM", "SIGKILL"])
  test(`recovers over a restart of the server by ${signal}`, async () => {
    const channel = `chat:${signal}`;
    const client = connect();
    const subscription = await subscribe(client, channel);
    for (const data of ["1", "2"]) await redis.publish(channel, data);
    await until("two", () => subscription.seen.length === 2);
    client.disconnect();
    await redis.publish(channel, "3");
    await server.restart(signal);
    await until("the server", async () => (await redis.publish(channel, "4").catch(() => -1)) >= 0);
    client.connect();
    await until("the subscription", () => subscription.contexts.length === 2);
    assert.equal(subscription.contexts[1].recovered, true);
    await redis.publish(channel, "5");
    await until("all", () => subscription.seen.length === 5);
    assert.deepEqual(subscription.seen, [1, 2, 3, 4, 5]);
  });

test("reads history", async () => {
  const client = connect();
  const subscription = await subscribe(client, "chat:history");
  for (const data of ["1", "2", "3"]) await redis.publish("chat:history", data);
  const top = await subscription.history({ limit: 0 });
  assert.equal(top.offset, 3);
  assert.deepEqual(top.publications, []);
  const all = await subscription.history({ limit: -1 });
  assert.deepEqual(all.publications.map((one) => [one.offset, one.data]), [[1, 1], [2, 2], [3, 3]]);
  const since = { offset: 1, epoch: all.epoch };
  const next = await subscription.history({ limit: 1, since });
  assert.deepEqual(next.publications.map((one) => one.data), [2]);
  const newest = await subscription.history({ limit: 2, reverse: true });
  assert.deepEqual(newest.publications.map((one) => one.data), [3, 2]);
  await assert.rejects(subscription.history({ limit: 1, since: { offset: 1, epoch: "nothing" } }), {
    code: 112,
  });
  const plain = await subscribe(client, "plain:history");
  await assert.rejects(plain.history({ limit: 1 }), { code: 103 });
});

test("knows who is there", async () => {
  const here = connect();
  const room = await subscribe(here, "room:a", { joinLeave: true });
  const other = connect();
  await subscribe(other, "room:a");
  await until("the join", () => room.joined.length === 2);
  const { clients: present } = await room.presence();
  assert.deepEqual(Object.keys(present).sort(), [...room.joined].sort());
  assert.deepEqual(await room.presenceStats(), { numClients: 2, numUsers: 2 });
  other.getSubscription("room:a").unsubscribe();
  await until("the leave", () => room.left.length === 1);
  assert.deepEqual(room.left, [room.joined[1]]);
  assert.deepEqual(await room.presenceStats(), { numClients: 1, numUsers: 1 });
  const table = await redis.call("RT.PRESENCE", "room:a");
  assert.deepEqual(table.map(([client]) => client), [room.joined[0]]);
});

test("knows users, and subscribes them to their channels", async () => {
  const client = connect({ token: token({ sub: "42", info: { name: "A" }, channels: ["chat:own"] }) });
  const seen = [];
  client.on("publication", (context) => seen.push(context));
  await client.ready(10_000);
  await until("the subscription", async () => (await redis.publish("chat:own", "1")) === 1);
  await until("the publication", () => seen.length === 1);
  assert.equal(seen[0].channel, "chat:own");
  const subscription = await subscribe(client, "plain:users");
  let context;
  subscription.on("publication", (got) => (context = got));
  await subscription.publish("hello");
  await until("the publication", () => context);
  assert.equal(context.info.user, "42");
  assert.deepEqual(context.info.connInfo, { name: "A" });
  assert.equal(Number(await redis.call("RT.UNSUBSCRIBE", "42", "chat:own")), 1);
  await until("the end", async () => (await redis.publish("chat:own", "2")) === 0);
});

test("renews tokens", async () => {
  let renewed = 0;
  const client = connect({
    token: token({ sub: "43" }, 2),
    getToken: async () => {
      renewed += 1;
      return token({ sub: "43" });
    },
  });
  await client.ready(10_000);
  await until("the renewal", () => renewed === 1);
  await client.rpc("nothing", {}).catch(() => {});
  assert.equal(client.state, "connected");
});

test("opens private channels with tokens of their own", async () => {
  const client = connect({ token: token({ sub: "44" }) });
  const channel = "$private";
  const subscription = await subscribe(client, channel, {
    token: token({ sub: "44", channel }),
  });
  assert.equal(await redis.publish(channel, "1"), 1);
  await until("the publication", () => subscription.seen.length === 1);
  const other = connect({ token: token({ sub: "45" }) });
  const refused = other.newSubscription(channel, { token: token({ sub: "44", channel }) });
  const failed = new Promise((resolve) => refused.on("unsubscribed", resolve));
  refused.subscribe();
  assert.equal((await failed).code, 103);
});

test("calls programs", async () => {
  const client = connect({ token: token({ sub: "46" }) });
  const worker = new Redis(server.port, "127.0.0.1");
  const answer = client.rpc("math.add", { a: 1, b: 2 });
  const [[, entries]] = await worker.xread("BLOCK", 5000, "STREAMS", "calls", "0");
  const fields = Object.fromEntries(
    entries[0][1].flatMap((field, i, all) => (i % 2 === 0 ? [[field, all[i + 1]]] : [])),
  );
  assert.equal(fields.user, "46");
  assert.equal(fields.method, "math.add");
  const { a, b } = JSON.parse(fields.data);
  await worker.call("RT.REPLY", fields.reply, JSON.stringify(a + b));
  assert.equal((await answer).data, 3);
  const refused = client.rpc("math.divide", 0);
  const [[, more]] = await worker.xread("BLOCK", 5000, "STREAMS", "calls", entries[0][0]);
  await worker.call("RT.REPLYERR", more[0][1].at(-1), "400", "by zero");
  await assert.rejects(refused, { code: 400, message: "by zero" });
  worker.disconnect();
});

test("watches keys", async () => {
  await redis.hset("profile", "name", "A");
  const client = connect();
  const subscription = await subscribe(client, "key:profile");
  const { version, ...first } = subscription.contexts[0].data;
  assert.deepEqual(first, { type: "hash", value: { name: "A" } });
  await redis.hset("profile", "name", "B", "age", "7");
  await until("the change", () => subscription.seen.length > 0);
  assert.deepEqual(subscription.seen[0].value, { name: "B", age: "7" });
  assert.ok(subscription.seen[0].version > version);
  await redis.setrange("boxes", 100_000, "x");
  const large = await subscribe(client, "key:boxes");
  assert.equal(large.contexts[0].data.encoding, "base64");
  await redis.call("SETBIT", "boxes", 7, 1);
  await until("the bit", () => large.seen.length > 0);
  assert.deepEqual(large.seen[0].op, ["SETBIT", "boxes", "7", "1"]);
});

test("follows streams, and recovers from them", async () => {
  const client = connect();
  const subscription = await subscribe(client, "stream:events");
  await redis.xadd("events", "*", "kind", "a");
  await until("the entry", () => subscription.seen.length === 1);
  assert.deepEqual(subscription.seen, [{ kind: "a" }]);
  client.disconnect();
  await redis.xadd("events", "*", "kind", "b");
  client.connect();
  await until("the others", () => subscription.seen.length === 2);
  assert.equal(subscription.contexts.at(-1).recovered, true);
  assert.deepEqual(subscription.seen[1], { kind: "b" });
});

test("tells errors of the server", async () => {
  const client = connect();
  const subscription = client.newSubscription("closed");
  const failed = new Promise((resolve) => subscription.on("unsubscribed", resolve));
  subscription.subscribe();
  assert.equal((await failed).code, 103);
  await assert.rejects(client.rpc("nothing", {}), { code: 108 });
  assert.equal(errorCodes.timeout, 1);
});
