// Client-side caching: node-redis with its own cache, and ioredis with a connection for the news.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import { Redis } from "ioredis";
import { BasicClientSideCache, createClient } from "redis";

import { Server, until } from "./support/server.js";

let server;
before(async () => {
  server = await Server.start([["io-threads", "2"]]);
});
after(() => server?.stop());

describe("node-redis with clientSideCache", () => {
  let cache;
  let cached;
  let other;
  const socket = () => ({ host: "127.0.0.1", port: server.port });

  before(async () => {
    other = await createClient({ socket: socket() }).connect();
  });
  after(() => other?.destroy());
  afterEach(() => cached?.destroy());
  beforeEach(async () => {
    await other.flushAll();
    cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0 });
    cached = await createClient({ RESP: 3, clientSideCache: cache, socket: socket() }).connect();
  });

  const stats = () => {
    const { hitCount, missCount } = cache.stats();
    return { hitCount, missCount };
  };

  test("serves a value from its cache until another client changes it", async () => {
    await other.set("key", "first");
    for (let i = 0; i < 5; ++i) assert.equal(await cached.get("key"), "first");
    assert.deepEqual(stats(), { hitCount: 4, missCount: 1 });

    await other.set("key", "second");
    await until("the new value", async () => (await cached.get("key")) === "second");
    const { missCount } = stats();
    assert.equal(missCount, 2);
    assert.equal(await cached.get("key"), "second");
    assert.equal(stats().missCount, missCount);
  });

  test("forgets what it has changed itself, what expires and what is flushed", async () => {
    await cached.set("key", "first");
    assert.equal(await cached.get("key"), "first");
    await cached.set("key", "second");
    assert.equal(await cached.get("key"), "second");

    await other.pExpire("key", 20);
    await until("the end", async () => (await cached.get("key")) === null);

    await other.hSet("hash", { a: "1", b: "2" });
    assert.deepEqual({ ...(await cached.hGetAll("hash")) }, { a: "1", b: "2" });
    await other.flushAll();
    await until("the flush", async () => (await cached.hGet("hash", "a")) === null);
    await until("the flush", async () => Object.keys(await cached.hGetAll("hash")).length === 0);
  });

  test("never keeps an old value, however often it changes", async () => {
    let isOver = false;
    const reader = (async () => {
      // What is in the cache comes without a turn of the event loop.
      for (; !isOver; await turn()) await cached.get("counter");
    })();
    for (let i = 0; i < 2000; ++i) await other.set("counter", `${i}`);
    isOver = true;
    await reader;
    await until("the last value", async () => (await cached.get("counter")) === "1999");
    assert.ok(stats().hitCount > 0);
  });
});

test("ioredis hears on one connection what another one has to forget", async () => {
  // With protocol 3 ioredis drops all pushes but messages.
  const connect = () => new Redis({ host: "127.0.0.1", port: server.port, protocol: 2 });
  const [data, news, other] = [connect(), connect(), connect()];
  const cache = new Map();
  let invalidations = 0;
  try {
    const id = await news.client("ID");
    await news.subscribe("__redis__:invalidate");
    news.on("message", (channel, keys) => {
      assert.equal(channel, "__redis__:invalidate");
      ++invalidations;
      // ioredis makes a text of them, an empty one when everything was flushed.
      if (!keys) cache.clear();
      else for (const key of keys.split(",")) cache.delete(key);
    });
    await data.client("TRACKING", "ON", "REDIRECT", id);
    const read = async (key) => {
      if (!cache.has(key)) cache.set(key, await data.get(key));
      return cache.get(key);
    };

    await other.set("key", "first");
    assert.equal(await read("key"), "first");
    assert.equal(await read("key"), "first");
    await other.set("key", "second");
    await until("the news", () => invalidations === 1);
    assert.equal(await read("key"), "second");
    await other.flushall();
    await until("the flush", () => invalidations === 2);
    assert.equal(await read("key"), null);
    assert.equal(Number(await data.client("GETREDIR")), Number(id));
  } finally {
    for (const client of [data, news, other]) client.disconnect();
  }
});
