// The realtime protocol with Centrifugo's own client.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Centrifuge, errorCodes } from "centrifuge";
import { Redis } from "ioredis";
import { WebSocket } from "ws";

import { Server, until } from "./support/server.js";

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

test("tells errors of the server", async () => {
  const client = connect();
  const subscription = client.newSubscription("closed");
  const failed = new Promise((resolve) => subscription.on("unsubscribed", resolve));
  subscription.subscribe();
  assert.equal((await failed).code, 103);
  await assert.rejects(client.rpc("nothing", {}), { code: 108 });
  assert.equal(errorCodes.timeout, 1);
});
