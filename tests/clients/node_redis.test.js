// node-redis, as it comes from npm, in both versions of the protocol.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { createClient } from "redis";

import { Server, until } from "./support/server.js";

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.stop());

for (const RESP of [2, 3]) {
  describe(`RESP${RESP}`, () => {
    let redis;
    const connect = () =>
      createClient({ RESP, socket: { host: "127.0.0.1", port: server.port } }).connect();

    before(async () => {
      redis = await connect();
    });
    after(() => redis?.destroy());
    beforeEach(() => redis.flushAll());

    test("reads and writes", async () => {
      assert.equal(await redis.set("key", "value", { EX: 100 }), "OK");
      assert.equal(await redis.get("key"), "value");
      assert.equal(await redis.get("missing"), null);
      assert.ok((await redis.ttl("key")) > 90);
      assert.equal(await redis.exists(["key", "missing"]), 1);
      assert.deepEqual(await redis.mGet(["key", "missing"]), ["value", null]);
    });

    test("sets and counts bits", async () => {
      assert.equal(await redis.setBit("bits", 7, 1), 0);
      assert.equal(await redis.getBit("bits", 7), 1);
      assert.equal(await redis.bitCount("bits"), 1);
      assert.equal(await redis.bitPos("bits", 1), 7);
    });

    test("pipelines by itself", async () => {
      const replies = await Promise.all(Array.from({ length: 3000 }, () => redis.incr("n")));

      assert.ok(replies.every((reply, i) => reply === i + 1));
    });

    test("runs transactions", async () => {
      assert.deepEqual(await redis.multi().set("a", "1").incr("a").exec(), ["OK", 2]);
    });

    test("publishes and subscribes", async () => {
      const subscriber = await connect();
      const seen = [];
      await subscriber.subscribe("news", (text, channel) => seen.push([channel, text]));
      await subscriber.pSubscribe("n*", (text, channel) => seen.push([channel, text, "n*"]));

      assert.equal(await redis.publish("news", "hello"), 2);
      await until("two messages", () => seen.length === 2);

      assert.deepEqual(seen, [["news", "hello"], ["news", "hello", "n*"]]);
      await subscriber.unsubscribe("news");
      await subscriber.pUnsubscribe("n*");
      assert.equal(await redis.publish("news", "nobody"), 0);
      subscriber.destroy();
    });

    test("gets errors as errors", async () => {
      await assert.rejects(redis.sendCommand(["NOSUCH"]), /ERR unknown command/);
      await assert.rejects(redis.sendCommand(["GET"]), /ERR wrong number of arguments/);
    });
  });
}
