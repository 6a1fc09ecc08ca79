// Client-side caching: node-redis's own cache, and ioredis with invalidation by hand.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { Redis } from "ioredis";
import { BasicClientSideCache, createClient } from "redis";

import { Server, until } from "./support/server.js";

let server;
let writer;

before(async () => {
  server = await Server.start([["io-threads", "2"]]);
  writer = new Redis(server.port, "127.0.0.1");
});
after(async () => {
  writer?.disconnect();
  await server?.stop();
});
beforeEach(() => writer.flushall());

const cached = async () => {
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0 });
  const client = await createClient({
    RESP: 3, clientSideCache: cache, socket: { host: "127.0.0.1", port: server.port },
  }).on("error", () => {}).connect();
  return { cache, client };
};

test("node-redis answers from its cache until the key changes", async () => {
  const { cache, client } = await cached();
  await writer.set("k", "1");
  for (let i = 0; i < 10; ++i) assert.equal(await client.get("k"), "1");
  assert.equal(cache.stats().missCount, 1);
  assert.equal(cache.stats().hitCount, 9);

  await writer.set("k", "2");
  await until("the new value", async () => (await client.get("k")) === "2");
  await writer.del("k");
  await until("no value", async () => (await client.get("k")) === null);
  client.destroy();
});

test("node-redis hears of expiry, of transactions, of scripts and of flushes", async () => {
  const { client } = await cached();
  const changes = {
    expiry: () => writer.pexpire("k", 1),
    transaction: () => writer.multi().incr("n").hset("h", "f", 2).del("k").exec(),
    script: () => writer.eval("redis.call('DEL', KEYS[1])", 1, "k"),
    flush: () => writer.flushall(),
    rename: () => writer.rename("k", "elsewhere"),
  };
  for (const [name, change] of Object.entries(changes)) {
    await writer.set("k", name);
    await until(name, async () => (await client.get("k")) === name);
    await change();
    await until(`the end by ${name}`, async () => (await client.get("k")) === null);
  }
  client.destroy();
});

test("node-redis forgets what it has changed itself, and hashes", async () => {
  const { client } = await cached();
  await client.set("k", "1");
  assert.equal(await client.get("k"), "1");
  await client.set("k", "2");
  assert.equal(await client.get("k"), "2");

  await writer.hset("h", { a: "1", b: "2" });
  assert.deepEqual({ ...(await client.hGetAll("h")) }, { a: "1", b: "2" });
  await writer.flushall();
  await until("the flush", async () => (await client.hGet("h", "a")) === null);
  await until("the flush", async () => Object.keys(await client.hGetAll("h")).length === 0);
  client.destroy();
});

test("node-redis reads what many writers leave in the end", async () => {
  const readers = await Promise.all(Array.from({ length: 4 }, cached));
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  const writes = Array.from({ length: 2000 }, (_, i) => writer.set(keys[i % 20], i));
  const reads = readers.map(async ({ client }) => {
    for (let i = 0; i < 2000; ++i) await client.get(keys[i % 20]);
  });
  await Promise.all([...writes, ...reads]);

  for (const { client } of readers)
    await until("the last values", async () => (await Promise.all(
      keys.map((key) => client.get(key)))).every((value, i) => value === `${1980 + i}`));
  readers.forEach(({ client }) => client.destroy());
});

test("node-redis empties its cache when the connection is lost", async () => {
  const { client } = await cached();
  await writer.set("k", "1");
  assert.equal(await client.get("k"), "1");
  const lost = new Promise((resolve) => client.once("reconnecting", resolve));
  await writer.client("KILL", "TYPE", "NORMAL", "SKIPME", "YES");
  await lost;
  await writer.set("k", "2");

  await until("the connection", () => client.isReady);
  assert.equal(await client.get("k"), "2");
  client.destroy();
});

// In RESP2 a second connection hears of the changes, as the old way of tracking has it.
test("ioredis hears of changed keys on another connection", async () => {
  const listener = new Redis(server.port, "127.0.0.1", { protocol: 2 });
  const reader = new Redis(server.port, "127.0.0.1");
  const changed = [];
  listener.on("message", (channel, keys) => changed.push(keys));
  await listener.subscribe("__redis__:invalidate");
  const [{ id }] = (await writer.client("LIST", "TYPE", "PUBSUB")).trim().split("\n")
    .map((line) => ({ id: line.match(/^id=(\d+)/)[1] }));
  assert.equal(await reader.client("TRACKING", "ON", "REDIRECT", id), "OK");
  assert.equal(await reader.client("GETREDIR"), Number(id));

  await writer.set("k", "1");
  await reader.get("k");
  await writer.set("k", "2");
  await until("the message", () => changed.length === 1);
  assert.deepEqual(changed.flat(), ["k"]);

  await writer.set("k", "3");
  assert.equal(await reader.client("TRACKING", "OFF"), "OK");
  await reader.get("k");
  await writer.set("k", "4");
  await writer.publish("__redis__:invalidate", "the end");
  await until("the last message", () => changed.includes("the end"));
  assert.equal(changed.length, 2);
  listener.disconnect();
  reader.disconnect();
});
