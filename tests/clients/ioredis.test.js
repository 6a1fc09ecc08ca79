// ioredis, as it comes from npm.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { Redis } from "ioredis";

import { Server, until } from "./support/server.js";

let server;
let redis;

before(async () => {
  server = await Server.start();
  redis = new Redis(server.port, "127.0.0.1");
});
after(async () => {
  redis?.disconnect();
  await server?.stop();
});
beforeEach(() => redis.flushall());

test("reads and writes strings and bytes", async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 128]);

  assert.equal(await redis.set("key", "value"), "OK");
  assert.equal(await redis.get("key"), "value");
  assert.equal(await redis.get("missing"), null);
  await redis.set("bytes", bytes);
  assert.deepEqual(await redis.getBuffer("bytes"), bytes);
  assert.equal(await redis.set("key", "other", "PX", 60000, "NX", "GET"), "value");
  assert.ok((await redis.pttl("key")) === -1);
});

test("counts", async () => {
  assert.equal(await redis.incr("n"), 1);
  assert.equal(await redis.incrby("n", 41), 42);
  assert.equal(await redis.incrbyfloat("f", "10.5"), "10.5");
  await assert.rejects(redis.incr("f"), /ERR value is not an integer or out of range/);
});

test("pipelines in order", async () => {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 2000; ++i) pipeline.set(`k${i}`, i).get(`k${i}`);

  const replies = await pipeline.exec();

  assert.equal(replies.length, 4000);
  replies.forEach(([error, reply], i) => {
    assert.equal(error, null);
    assert.equal(reply, i % 2 === 0 ? "OK" : `${(i - 1) / 2}`);
  });
});

test("runs transactions, and gives up when a watched key changes", async () => {
  assert.deepEqual(await redis.multi().set("a", 1).incr("a").exec(), [[null, "OK"], [null, 2]]);

  const other = redis.duplicate();
  await redis.watch("a");
  await other.set("a", "changed");
  assert.equal(await redis.multi().set("a", 3).exec(), null);
  assert.equal(await redis.get("a"), "changed");
  other.disconnect();
});

test("publishes to channels, patterns and shard channels", async () => {
  const subscriber = redis.duplicate();
  const seen = [];
  subscriber.on("message", (channel, text) => seen.push([channel, text]));
  subscriber.on("pmessage", (pattern, channel, text) => seen.push([pattern, channel, text]));
  subscriber.on("smessage", (channel, text) => seen.push(["shard", channel, text]));
  assert.equal(await subscriber.subscribe("news", "other"), 2);
  assert.equal(await subscriber.psubscribe("n*"), 3);
  await subscriber.ssubscribe("part");

  assert.equal(await redis.publish("news", "hello"), 2);
  assert.equal(await redis.spublish("part", "piece"), 1);
  await until("three messages", () => seen.length === 3);

  assert.deepEqual(seen, [
    ["news", "hello"],
    ["n*", "news", "hello"],
    ["shard", "part", "piece"],
  ]);
  assert.deepEqual(await redis.pubsub("NUMSUB", "news"), ["news", 1]);
  subscriber.disconnect();
});

test("keeps the order of a channel", async () => {
  const subscriber = redis.duplicate();
  const seen = [];
  subscriber.on("message", (_, text) => seen.push(Number(text)));
  await subscriber.subscribe("count");

  await Promise.all(Array.from({ length: 5000 }, (_, i) => redis.publish("count", i)));
  await until("all messages", () => seen.length === 5000);

  assert.ok(seen.every((value, i) => value === i));
  subscriber.disconnect();
});

test("scans all keys", async () => {
  await redis.mset(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`scan:${i}`, i])));
  const found = new Set();
  for await (const keys of redis.scanStream({ match: "scan:*", count: 50 }))
    keys.forEach((key) => found.add(key));

  assert.equal(found.size, 1000);
});

test("connects again after the server has restarted", async () => {
  await redis.set("kept", "no");
  await server.restart();

  assert.equal(await redis.ping(), "PONG");
});
