// @upstash/redis, unmodified, against the REST door.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Redis } from "@upstash/redis";

import { Server } from "./support/server.js";

let server;
let redis;

const connect = (token) =>
  new Redis({ url: server.origin, token, enableTelemetry: false, retry: false });

before(async () => {
  server = await Server.start([
    ["http-rest", "yes"],
    ["rest-token", "a-long-token", "app"],
    ["user", "app", "on", ">secret", "~*", "&*", "+@all"],
  ]);
  redis = connect("a-long-token");
});

after(() => server.stop());

test("sets and gets texts, numbers, objects", async () => {
  assert.equal(await redis.set("text", "grüße"), "OK");
  assert.equal(await redis.get("text"), "grüße");
  assert.equal(await redis.set("object", { a: [1, null, "x"] }, { ex: 100 }), "OK");
  assert.deepEqual(await redis.get("object"), { a: [1, null, "x"] });
  assert.equal(await redis.incrby("number", 41), 41);
  assert.equal(await redis.get("nothing"), null);
  assert.equal(await redis.del("text", "object", "nothing"), 2);
});

test("knows hashes, lists, sets, sorted sets and streams", async () => {
  assert.equal(await redis.hset("h", { a: 1, b: "two" }), 2);
  assert.deepEqual(await redis.hgetall("h"), { a: 1, b: "two" });
  assert.equal(await redis.rpush("l", "a", "b", 3), 3);
  assert.deepEqual(await redis.lrange("l", 0, -1), ["a", "b", 3]);
  assert.equal(await redis.sadd("s", "x", "y"), 2);
  assert.deepEqual((await redis.smembers("s")).sort(), ["x", "y"]);
  await redis.zadd("z", { score: 1.5, member: "a" }, { score: 2, member: "b" });
  assert.deepEqual(await redis.zrange("z", 0, -1, { withScores: true }), ["a", 1.5, "b", 2]);
  const id = await redis.xadd("x", "*", { field: "value" });
  assert.deepEqual(await redis.xrange("x", "-", "+"), { [id]: { field: "value" } });
});

test("iterates", async () => {
  for (let i = 0; i < 100; ++i) await redis.set(`scan:${i}`, i);
  const found = new Set();
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, { match: "scan:*", count: 30 });
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== "0");
  assert.equal(found.size, 100);
});

test("sends pipelines and transactions", async () => {
  const pipeline = redis.pipeline();
  pipeline.set("p", 1);
  pipeline.incr("p");
  pipeline.get("p");
  assert.deepEqual(await pipeline.exec(), ["OK", 2, 2]);
  const transaction = redis.multi();
  transaction.incr("p");
  transaction.hset("ph", { f: "v" });
  transaction.hgetall("ph");
  assert.deepEqual(await transaction.exec(), [3, 1, { f: "v" }]);
});

test("runs scripts", async () => {
  const script = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";
  assert.deepEqual(await redis.eval(script, ["counter"], ["a"]), ["counter", "a", 1]);
  assert.deepEqual(
    await redis.createScript(script).exec(["counter"], ["b"]), ["counter", "b", 2]);
});

test("tells errors", async () => {
  await redis.set("string", "x");
  await assert.rejects(redis.lpush("string", 1), /WRONGTYPE/);
  await assert.rejects(connect("wrong").get("string"), /WRONGPASS/);
  assert.equal(await connect("app:secret").get("string"), "x");
});
