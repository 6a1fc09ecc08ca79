// ioredis, as it comes from npm: scripts, pipelines, transactions, what waits for a lost connection.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, beforeEach, describe, test } from "node:test";

import { Redis } from "ioredis";

import { Server, until } from "./support/server.js";

let server;
before(async () => {
  server = await Server.start([["io-threads", "2"], ["appendonly", "yes"]]);
});
after(() => server?.stop());

const add = {
  numberOfKeys: 2,
  lua: `redis.call("INCRBY", KEYS[1], ARGV[1])
        redis.call("RPUSH", KEYS[2], ARGV[1])
        return {redis.call("GET", KEYS[1]), redis.call("LLEN", KEYS[2])}`,
};

for (const protocol of [2, 3]) {
  describe(`protocol ${protocol}`, () => {
    let redis;
    const connect = (options = {}) => new Redis(server.port, "127.0.0.1", { protocol, ...options });

    before(() => {
      redis = connect({ scripts: { add } });
    });
    after(() => redis?.disconnect());
    beforeEach(() => redis.flushall());

    test("runs scripts as commands, also after the cache was flushed", async () => {
      assert.deepEqual(await redis.add("sum", "list", 5), ["5", 1]);
      await redis.script("FLUSH");
      assert.deepEqual(await redis.add("sum", "list", 6), ["11", 2]);
      assert.deepEqual(await redis.addBuffer("sum", "list", 1), [Buffer.from("12"), 3]);
    });

    test("runs scripts in pipelines and transactions, unknown ones too", async () => {
      const name = `fresh${protocol}`;
      redis.defineCommand(name, { numberOfKeys: 1, lua: `return {KEYS[1], ARGV[1], "${name}"}` });

      assert.deepEqual(await redis.pipeline().set("a", 1)[name]("k", "v").get("a").exec(),
        [[null, "OK"], [null, ["k", "v", name]], [null, "1"]]);
      await redis.script("FLUSH");
      assert.deepEqual(await redis.pipeline()[name]("k", "v").exec(), [[null, ["k", "v", name]]]);
      assert.deepEqual(await redis.multi().set("a", 2)[name]("k", "w").exec(),
        [[null, "OK"], [null, ["k", "w", name]]]);
    });

    test("runs scripts whose number of keys comes with the call", async () => {
      redis.defineCommand("echoes", { lua: "return {KEYS, ARGV}" });
      assert.deepEqual(await redis.echoes(2, "k1", "k2", "a1"), [["k1", "k2"], ["a1"]]);
    });

    test("adds its prefix to the keys of scripts", async () => {
      const prefixed = connect({ keyPrefix: "app:", scripts: { add } });
      assert.deepEqual(await prefixed.add("sum", "list", 7), ["7", 1]);
      assert.deepEqual((await redis.keys("*")).sort(), ["app:list", "app:sum"]);
      prefixed.disconnect();
    });

    test("tells the errors of scripts", async () => {
      await redis.set("text", "x");
      await assert.rejects(redis.add("text", "list", 1),
        /ERR value is not an integer or out of range/);
      await assert.rejects(redis.eval("return {err = 'MINE of the script'}", 0), /MINE of the script/);
      await assert.rejects(redis.eval("return nosuch.thing", 0), /nosuch/);
      assert.equal(await redis.exists("list"), 0);
    });

    test("runs functions of a library", async () => {
      await redis.function("LOAD", "REPLACE", `#!lua name=numbers
        server.register_function("double", function(keys, args) return args[1] * 2 end)
        redis.register_function{function_name = "peek", flags = {"no-writes"},
          callback = function(keys) return redis.call("GET", keys[1]) end}`);
      await redis.set("k", "seen");

      assert.equal(await redis.fcall("double", 0, 21), 42);
      assert.equal(await redis.fcall_ro("peek", 1, "k"), "seen");
      await assert.rejects(redis.fcall_ro("double", 0, 1), /Can not execute a script with write flag/);
    });

    test("keeps the errors of a pipeline where they belong", async () => {
      const replies = await redis.pipeline()
        .set("k", "v").incr("k").call("NOSUCH").lpush("k", 1).get("k").exec();

      assert.equal(replies.length, 5);
      assert.match(replies[1][0].message, /not an integer/);
      assert.match(replies[2][0].message, /unknown command/);
      assert.match(replies[3][0].message, /WRONGTYPE/);
      assert.deepEqual(replies[4], [null, "v"]);
    });

    test("sends a huge pipeline and a huge value", async () => {
      const pipeline = redis.pipeline();
      const big = "x".repeat(8 << 20);
      pipeline.set("big", big);
      for (let i = 0; i < 20_000; ++i) pipeline.hset(`h${i % 100}`, `f${i}`, i);
      pipeline.get("big");
      const replies = await pipeline.exec();

      assert.ok(replies.every(([error]) => error === null));
      assert.equal(replies.at(-1)[1].length, big.length);
      assert.equal(Object.keys(await redis.hgetall("h7")).length, 200);
    });

    test("refuses a transaction with a command that cannot be queued", async () => {
      await assert.rejects(redis.multi().set("a", 1).call("SET", "onlykey").exec(), /EXECABORT/);
      assert.equal(await redis.get("a"), null);
      assert.deepEqual(await redis.multi({ pipeline: false }), "OK");
      assert.equal(await redis.set("a", 1), "QUEUED");
      assert.equal(await redis.discard(), "OK");
      assert.equal(await redis.get("a"), null);
    });

    test("gathers commands into pipelines by itself", async () => {
      const gathering = connect({ enableAutoPipelining: true });
      await gathering.ping();
      const replies = await Promise.all(Array.from({ length: 5000 }, (_, i) =>
        i % 2 === 0 ? gathering.incr("n") : gathering.get(`missing${i}`)));

      assert.ok(replies.every((reply, i) => reply === (i % 2 === 0 ? i / 2 + 1 : null)));
      const failed = await Promise.allSettled([gathering.lpush("n", 1), gathering.get("n")]);
      assert.match(failed[0].reason.message, /WRONGTYPE/);
      assert.equal(failed[1].value, "2500");
      gathering.disconnect();
    });

    test("scans keys, sets, hashes and sorted sets while they change", async () => {
      const numbers = Array.from({ length: 3000 }, (_, i) => i);
      await redis.mset(...numbers.flatMap((i) => [`k:${i}`, i]));
      await redis.sadd("set", numbers);
      await redis.hset("hash", ...numbers.flatMap((i) => [`f${i}`, i]));
      await redis.zadd("zset", ...numbers.flatMap((i) => [i, `m${i}`]));
      const all = async (stream, onBatch = () => {}) => {
        const found = [];
        for await (const batch of stream) {
          found.push(...batch);
          await onBatch();
        }
        return found;
      };

      let n = 0;
      const keys = await all(redis.scanStream({ match: "k:*", count: 100 }),
        () => redis.set(`k:more${++n}`, n));
      assert.equal(new Set(keys.filter((key) => !key.startsWith("k:more"))).size, 3000);
      assert.equal(new Set(await all(redis.sscanStream("set"))).size, 3000);
      assert.equal((await all(redis.hscanStream("hash", { count: 500 }))).length >= 6000, true);
      assert.equal((await all(redis.zscanStream("zset", { match: "m1*" }))).length >= 2222, true);
      assert.deepEqual(await all(redis.scanStream({ type: "zset" })), ["zset"]);
      assert.equal((await all(redis.scanStream({ match: "no:*" }))).length, 0);
    });

    test("subscribes to shard channels, in order, and leaves them", async () => {
      const subscriber = connect();
      const seen = [];
      subscriber.on("smessage", (channel, text) => seen.push(`${channel} ${text}`));
      assert.equal(await subscriber.ssubscribe("orders", "bills"), 2);
      for (let i = 0; i < 100; ++i) await redis.spublish(i % 2 ? "orders" : "bills", i);
      await until("all", () => seen.length === 100);
      assert.deepEqual(seen,
        Array.from({ length: 100 }, (_, i) => `${i % 2 ? "orders" : "bills"} ${i}`));
      assert.deepEqual(await redis.pubsub("SHARDNUMSUB", "orders"), ["orders", 1]);
      assert.deepEqual((await redis.pubsub("SHARDCHANNELS")).sort(), ["bills", "orders"]);
      assert.equal(await redis.publish("orders", "not for shards"), 0);
      assert.equal(await subscriber.sunsubscribe("orders"), 1);
      assert.equal(await redis.spublish("orders", "nobody"), 0);
      subscriber.disconnect();
    });

    test("waits on lists and streams with connections of their own", async () => {
      const waiting = connect();
      const popped = waiting.blpop("jobs", "later", 20);
      await until("the waiting client", async () =>
        (await redis.info("clients")).includes("blocked_clients:1"));
      await redis.rpush("jobs", "work");
      assert.deepEqual(await popped, ["jobs", "work"]);

      const read = waiting.xread("BLOCK", 20_000, "STREAMS", "events", "$");
      await until("the waiting client", async () =>
        (await redis.info("clients")).includes("blocked_clients:1"));
      const id = await redis.xadd("events", "*", "k", "v");
      assert.deepEqual(await read, [["events", [[id, ["k", "v"]]]]]);
      waiting.disconnect();
    });

    test("sends what waited, and subscribes again, after the server was restarted", async () => {
      const subscriber = connect();
      const seen = [];
      subscriber.on("message", (_, text) => seen.push(text));
      subscriber.on("pmessage", (...words) => seen.push(words.join(" ")));
      subscriber.on("error", () => {});
      await subscriber.subscribe("news");
      await subscriber.psubscribe("p:*");
      const patient = connect({ scripts: { add }, db: 3 });
      patient.on("error", () => {});
      redis.on("error", () => {});
      assert.deepEqual(await patient.add("sum", "list", 1), ["1", 1]);

      const gone = once(patient, "close");
      await server.end("SIGTERM");
      await gone;
      const queued = [patient.incr("n"), patient.add("sum", "list", 2), patient.get("n")];
      await server.run();

      // The log brought back what the script had done in database 3.
      assert.deepEqual(await Promise.all(queued), [1, ["3", 2], "1"]);
      assert.equal((await patient.client("INFO")).match(/ db=(\d+)/)[1], "3");
      await until("both subscriptions", async () =>
        (await redis.pubsub("NUMSUB", "news"))[1] === 1 && (await redis.pubsub("NUMPAT")) === 1);
      await redis.publish("news", "back");
      await redis.publish("p:1", "again");
      await until("both messages", () => seen.length === 2);
      assert.deepEqual(seen, ["back", "p:* p:1 again"]);
      subscriber.disconnect();
      patient.disconnect();
    });
  });
}

test("calls off what is left when it may not try again", async () => {
  const brittle = new Redis(server.port, "127.0.0.1", { retryStrategy: () => null });
  brittle.on("error", () => {});
  await brittle.ping();
  const waiting = brittle.blpop("nothing", 0);
  waiting.catch(() => {});
  const other = new Redis(server.port, "127.0.0.1");
  await until("the waiting client", async () =>
    (await other.info("clients")).includes("blocked_clients:1"));
  const id = (await other.client("LIST")).split("\n").find((line) => line.includes("cmd=blpop"))
    .match(/^id=(\d+)/)[1];

  assert.equal(await other.client("KILL", "ID", id), 1);
  await assert.rejects(waiting, /Connection is closed/);
  other.disconnect();
});
