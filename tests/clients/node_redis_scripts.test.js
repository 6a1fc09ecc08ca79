// node-redis, as it comes from npm: scripts and functions, transactions, pools, iterators, types.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import {
  createClient, createClientPool, defineScript, RESP_TYPES, WatchError,
} from "redis";

import { Server, until } from "./support/server.js";

let server;
before(async () => {
  server = await Server.start([["io-threads", "2"], ["appendonly", "yes"]]);
});
after(() => server?.stop());

const scripts = {
  addTo: defineScript({
    SCRIPT: `return redis.call("INCRBY", KEYS[1], ARGV[1])`,
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key, number) {
      parser.pushKey(key);
      parser.push(`${number}`);
    },
    transformReply: (reply) => reply,
  }),
};

const readOnly = { NUMBER_OF_KEYS: 1, IS_READ_ONLY: true };
const functions = {
  shop: {
    price: {
      ...readOnly,
      parseCommand: (parser, key) => parser.pushKey(key),
      transformReply: (reply) => Number(reply),
    },
    raise: {
      NUMBER_OF_KEYS: 1,
      parseCommand(parser, key, by) {
        parser.pushKey(key);
        parser.push(`${by}`);
      },
      transformReply: (reply) => reply,
    },
  },
};
const library = `#!lua name=shop
  redis.register_function{function_name = "price", flags = {"no-writes"},
    callback = function(keys) return redis.call("GET", keys[1]) end}
  redis.register_function("raise", function(keys, args)
    return redis.call("INCRBYFLOAT", keys[1], args[1]) end)`;

for (const RESP of [2, 3]) {
  describe(`RESP${RESP}`, () => {
    let redis;
    const options = (more = {}) =>
      ({ RESP, scripts, functions, socket: { host: "127.0.0.1", port: server.port }, ...more });
    const connect = (more) => createClient(options(more)).on("error", () => {}).connect();

    before(async () => {
      redis = await connect();
    });
    after(() => redis?.destroy());
    beforeEach(() => redis.flushAll());

    test("runs scripts by their hash, also after the cache was flushed", async () => {
      assert.equal(await redis.addTo("n", 5), 5);
      await redis.scriptFlush();
      assert.equal(await redis.addTo("n", 2), 7);
      const sha = await redis.scriptLoad(scripts.addTo.SCRIPT);
      assert.equal(sha, scripts.addTo.SHA1);
      assert.deepEqual(await redis.scriptExists([sha, "0".repeat(40)]), [1, 0]);
      assert.deepEqual(await redis.multi().addTo("n", 1).addTo("n", 1).exec(), [8, 9]);
      await redis.scriptFlush();
      assert.deepEqual(await redis.multi().set("n", "1").addTo("n", 1).exec(), ["OK", 2]);
    });

    test("gets every type that a script can return", async () => {
      const run = (script) => redis.eval(script);
      assert.equal(await run("return 3.99"), 3);
      assert.equal(await run("return {ok = 'FINE'}"), "FINE");
      assert.equal(await run("return false"), null);
      assert.deepEqual(await run("return {1, 'two', {3, {4}}, nil, 5}"), [1, "two", [3, [4]]]);
      await assert.rejects(run("return redis.error_reply('OWN words')"), /OWN words/);
      const typed = "redis.setresp(3); return {double = 1.5}";
      assert.equal(Number(await run(typed)), 1.5);
      const map = await run("redis.setresp(3); return {map = {a = 1}}");
      assert.deepEqual(RESP === 3 ? { ...map } : map, RESP === 3 ? { a: 1 } : ["a", 1]);
      assert.equal(await run("return redis.sha1hex('')"),
        "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    });

    test("loads, calls, lists, dumps and restores functions", async () => {
      assert.equal(await redis.functionLoad(library, { REPLACE: true }), "shop");
      await assert.rejects(redis.functionLoad(library), /Library 'shop' already exists/);
      await redis.set("apple", "2");
      assert.equal(await redis.shop.price("apple"), 2);
      assert.equal(await redis.shop.raise("apple", 0.5), "2.5");
      const [listed] = await redis.functionList({ LIBRARYNAME: "shop" });
      assert.equal(listed.library_name, "shop");
      assert.deepEqual(listed.functions.map((each) => each.name).sort(), ["price", "raise"]);

      const dump = await redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).functionDump();
      await redis.functionFlush();
      await assert.rejects(redis.shop.price("apple"), /Function not found/);
      await redis.functionRestore(dump);
      assert.equal(await redis.shop.price("apple"), 2.5);
      await redis.functionDelete("shop");
      assert.deepEqual(await redis.functionList(), []);
      assert.equal((await redis.functionStats()).running_script, null);
    });

    test("runs the transaction of a watching client, or tells that it lost", async () => {
      const watching = await connect();
      await redis.set("stock", "5");
      await watching.watch("stock");
      const stock = Number(await watching.get("stock"));
      assert.deepEqual(await watching.multi().set("stock", `${stock - 1}`).exec(), ["OK"]);

      await watching.watch(["stock", "other"]);
      await redis.set("other", "changed");
      await assert.rejects(watching.multi().set("stock", "lost").exec(), WatchError);
      assert.equal(await redis.get("stock"), "4");

      await watching.watch("stock");
      await redis.set("stock", "changed");
      await watching.unwatch();
      assert.deepEqual(await watching.multi().get("stock").exec(), ["changed"]);
      watching.destroy();
    });

    test("counts right when many of a pool watch the same key", async () => {
      const pool = await createClientPool(options(), { minimum: 1, maximum: 8 })
        .on("error", () => {}).connect();
      await redis.set("n", "0");
      const increment = (client) => async function attempt() {
        await client.watch("n");
        const next = Number(await client.get("n")) + 1;
        return client.multi().set("n", `${next}`).exec().catch((error) => {
          if (error instanceof WatchError) return attempt();
          throw error;
        });
      }();
      await Promise.all(Array.from({ length: 40 }, () => pool.execute(increment)));

      assert.equal(await redis.get("n"), "40");
      pool.destroy();
    });

    test("tells which command of a transaction failed", async () => {
      const multi = redis.multi().set("k", "v").incr("k").get("k");
      await assert.rejects(multi.exec(), (error) => {
        assert.deepEqual(error.errorIndexes, [1]);
        assert.deepEqual([error.replies[0], error.replies[2]], ["OK", "v"]);
        return true;
      });
      await assert.rejects(redis.multi().addCommand(["SET", "k"]).exec(), /ERR wrong number/);
    });

    test("iterates over keys and collections", async () => {
      const names = Array.from({ length: 1500 }, (_, i) => `${i}`);
      await redis.mSet(names.map((name) => [`k:${name}`, name]));
      await redis.sAdd("set", names);
      await redis.hSet("hash", Object.fromEntries(names.map((name) => [name, name])));
      await redis.zAdd("zset", names.map((value) => ({ value, score: Number(value) / 2 })));
      const all = async (iterator) => {
        const found = [];
        for await (const batch of iterator) found.push(...batch);
        return found;
      };

      const keys = await all(redis.scanIterator({ MATCH: "k:*", COUNT: 100 }));
      assert.equal(new Set(keys).size, 1500);
      assert.deepEqual(await all(redis.scanIterator({ TYPE: "hash" })), ["hash"]);
      assert.equal(new Set(await all(redis.sScanIterator("set"))).size, 1500);
      const fields = await all(redis.hScanIterator("hash", { COUNT: 1000 }));
      assert.ok(fields.every(({ field, value }) => field === value) && fields.length >= 1500);
      const members = await all(redis.zScanIterator("zset"));
      assert.ok(members.every(({ value, score }) => score === Number(value) / 2));
      assert.deepEqual(await all(redis.zScanIterator("zset", { MATCH: "none*" })), []);
    });

    test("reads maps, sets, doubles and nulls as what they are", async () => {
      await redis.hSet("h", { a: "1", b: "2" });
      assert.deepEqual({ ...(await redis.hGetAll("h")) }, { a: "1", b: "2" });
      const scored = [{ score: 1.5, value: "m" }, { score: Infinity, value: "i" }];
      assert.equal(await redis.zAdd("z", scored), 2);
      assert.equal(await redis.zScore("z", "m"), 1.5);
      assert.equal(await redis.zScore("z", "i"), Infinity);
      assert.equal(await redis.zScore("z", "none"), null);
      assert.deepEqual(await redis.zmScore("z", ["m", "none"]), [1.5, null]);
      assert.deepEqual(await redis.zRangeWithScores("z", 0, 0), [{ value: "m", score: 1.5 }]);
      await redis.sAdd("s", ["x"]);
      assert.deepEqual(await redis.sMembers("s"), ["x"]);
      assert.equal((await redis.configGet("maxmemory*"))["maxmemory-policy"], "noeviction");
      assert.equal(await redis.lPop("none"), null);
      await redis.geoAdd("g", { longitude: 13.361389, latitude: 38.115556, member: "P" });
      const [place] = await redis.geoPos("g", "P");
      assert.equal(Number(place.longitude).toFixed(4), "13.3614");
      assert.equal((await redis.memoryStats())["keys.count"], 4);
      assert.equal((await redis.clientInfo()).resp, RESP);
      const hello = await redis.hello();
      assert.deepEqual([hello.server, hello.proto, hello.role, hello.mode, [...hello.modules]],
        ["redis", RESP, "master", "standalone", []]);
    });

    test("reads streams in groups", async () => {
      await redis.xGroupCreate("jobs", "workers", "0", { MKSTREAM: true });
      const ids = [];
      for (let i = 0; i < 3; ++i) ids.push(await redis.xAdd("jobs", "*", { n: `${i}` }));
      const [stream] = await redis.xReadGroup("workers", "one", { key: "jobs", id: ">" },
        { COUNT: 2 });
      assert.equal(stream.name, "jobs");
      assert.deepEqual(stream.messages.map(({ id }) => id), ids.slice(0, 2));
      assert.deepEqual({ ...stream.messages[1].message }, { n: "1" });
      assert.equal(await redis.xAck("jobs", "workers", ids[0]), 1);
      const claimed = await redis.xAutoClaim("jobs", "workers", "two", 0, "0-0");
      assert.deepEqual(claimed.messages.map(({ id }) => id), [ids[1]]);
      assert.equal((await redis.xPending("jobs", "workers")).pending, 1);
      assert.equal((await redis.xInfoGroups("jobs"))[0].lag, 1);
      assert.equal((await redis.xInfoStream("jobs")).length, 3);
      assert.equal((await redis.xInfoConsumers("jobs", "workers")).length, 2);
    });

    test("times fields of hashes", async () => {
      await redis.hSet("h", { a: "1", b: "2" });
      assert.deepEqual(await redis.hExpire("h", "a", 100), [1]);
      assert.deepEqual(await redis.hTTL("h", ["a", "b"]), [100, -1]);
      assert.deepEqual(await redis.hPersist("h", "a"), [1]);
    });

    test("blocks in a client of its own, and is woken", async () => {
      const waiting = await connect();
      const popped = waiting.brPop(["a", "b"], 20);
      const scored = await connect();
      const smallest = scored.bzPopMin("z", 20);
      await until("two waiting clients", async () =>
        (await redis.info("clients")).includes("blocked_clients:2"));
      await redis.multi().lPush("b", "job").zAdd("z", { score: 0.5, value: "m" }).exec();

      assert.deepEqual({ ...(await popped) }, { key: "b", element: "job" });
      assert.deepEqual({ ...(await smallest) }, { key: "z", value: "m", score: 0.5 });
      waiting.destroy();
      scored.destroy();
    });

    test("keeps its subscriptions and its queue over a restart", async () => {
      const subscriber = await connect();
      const seen = [];
      const hear = (text, channel) => seen.push(`${channel} ${text}`);
      await subscriber.subscribe("news", hear);
      await subscriber.pSubscribe("p:*", hear);
      await subscriber.sSubscribe("shard", hear);
      await redis.addTo("n", 1);

      const lost = new Promise((resolve) => redis.once("reconnecting", resolve));
      await server.end("SIGTERM");
      await lost;
      const queued = [redis.addTo("n", 2), redis.incr("n")];
      await server.run();

      // The new server does not know the script: it comes a second time, after the INCR.
      assert.deepEqual(await Promise.all(queued), [4, 2]);
      await until("all subscriptions", async () =>
        (await redis.pubSubNumSub(["news"])).news === 1 && (await redis.pubSubNumPat()) === 1 &&
        (await redis.pubSubShardNumSub(["shard"])).shard === 1);
      await redis.publish("news", "1");
      await redis.publish("p:x", "2");
      await redis.sPublish("shard", "3");
      await until("all messages", () => seen.length === 3);
      assert.deepEqual(seen, ["news 1", "p:x 2", "shard 3"]);
      subscriber.destroy();
    });

    test("calls with a name, a database and a password", async () => {
      await redis.aclSetUser("alice", ["on", ">secret", "~a:*", "&a:*", "+@all"]);
      const login = { username: "alice", password: "secret" };
      const alice = await connect({ ...login, name: "shop", database: 4 });
      await alice.set("a:1", "x");
      const info = await alice.clientInfo();
      assert.deepEqual([info.user, info.name, info.db], ["alice", "shop", 4]);
      assert.equal(info.libName.startsWith("node-redis"), true);
      await assert.rejects(alice.set("b:1", "x"), /NOPERM/);
      await assert.rejects(alice.publish("b", "x"), /NOPERM/);
      alice.destroy();
      await redis.aclDelUser("alice");
      await assert.rejects(connect({ ...login, socket: { ...options().socket,
        reconnectStrategy: false } }), /WRONGPASS/);
    });
  });
}
