// rate-limiter-flexible, as it comes from npm, with its stores that are Redis clients.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { Redis } from "ioredis";
import {
  BurstyRateLimiter, RateLimiterQueue, RateLimiterRedis, RateLimiterRedisNonAtomic, RateLimiterUnion,
} from "rate-limiter-flexible";
import { createClient } from "redis";

import { Server, until } from "./support/server.js";

let server;
let ioredis;
let nodeRedis;

before(async () => {
  server = await Server.start();
  ioredis = new Redis(server.port, "127.0.0.1");
  nodeRedis = await createClient({ socket: { host: "127.0.0.1", port: server.port } }).connect();
});
after(async () => {
  ioredis?.disconnect();
  nodeRedis?.destroy();
  await server?.stop();
});
beforeEach(() => ioredis.flushall());

const stores = {
  "ioredis": () => ({ storeClient: ioredis }),
  "node-redis": () => ({ storeClient: nodeRedis, useRedisPackage: true }),
};

for (const [store, options] of Object.entries(stores)) {
  for (const Limiter of [RateLimiterRedis, RateLimiterRedisNonAtomic]) {
    describe(`${Limiter.name} over ${store}`, () => {
      const limiter = (more) => new Limiter({ ...options(), points: 5, duration: 60, ...more });

      test("gives its points and no more", async () => {
        const five = limiter();
        for (let left = 4; left >= 0; --left) {
          const result = await five.consume("user");
          assert.equal(result.remainingPoints, left);
          assert.ok(result.msBeforeNext > 50_000 && result.msBeforeNext <= 60_000);
        }
        await assert.rejects(five.consume("user"), (refused) =>
          refused.remainingPoints === 0 && refused.consumedPoints === 6);
        assert.equal((await five.consume("other")).remainingPoints, 4);
      });

      // The other one promises this only for those who come one after another.
      if (Limiter === RateLimiterRedis) test("counts right when all come at once", async () => {
        const hundred = limiter({ points: 100 });
        const results = await Promise.allSettled(
          Array.from({ length: 250 }, () => hundred.consume("user")));

        assert.equal(results.filter(({ status }) => status === "fulfilled").length, 100);
        assert.equal((await hundred.get("user")).consumedPoints, 250);
      });

      test("takes the points back, rewards and punishes", async () => {
        const five = limiter();
        await five.consume("user", 3);
        assert.equal((await five.penalty("user", 1)).consumedPoints, 4);
        assert.equal((await five.reward("user", 2)).consumedPoints, 2);
        assert.equal((await five.get("user")).remainingPoints, 3);
        assert.equal(await five.delete("user"), true);
        assert.equal(await five.get("user"), null);
      });

      test("blocks for a time, which ends", async () => {
        const five = limiter({ blockDuration: 600 });
        await five.block("user", 1);
        await assert.rejects(five.consume("user"), (refused) => refused.msBeforeNext > 0);
        await five.delete("user");
        await assert.rejects(five.consume("user", 6), (refused) => refused.msBeforeNext > 500_000);
        assert.ok((await ioredis.pttl("rlflx:user")) > 500_000);

        await five.set("user", 5, 0);
        assert.equal(await ioredis.pttl("rlflx:user"), -1);
        await ioredis.pexpire("rlflx:user", 20);
        await until("the end", async () => (await five.get("user")) === null);
        assert.equal((await five.consume("user")).remainingPoints, 4);
      });
    });
  }
}

test("joins limits, and lets bursts pass", async () => {
  const storeClient = ioredis;
  const second = new RateLimiterRedis({ storeClient, keyPrefix: "s", points: 1, duration: 600 });
  const minute = new RateLimiterRedis({ storeClient, keyPrefix: "m", points: 2, duration: 600 });
  const both = new RateLimiterUnion(second, minute);
  await both.consume("user");
  await assert.rejects(both.consume("user"), (refused) => "s" in refused && !("m" in refused));

  const bursty = new BurstyRateLimiter(
    new RateLimiterRedis({ storeClient, keyPrefix: "b", points: 2, duration: 600 }),
    new RateLimiterRedis({ storeClient, keyPrefix: "burst", points: 3, duration: 600 }));
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => bursty.consume("user")));
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 5);
});

test("queues what comes too fast", async () => {
  const two = new RateLimiterRedis({ storeClient: ioredis, points: 20, duration: 1 });
  const queue = new RateLimiterQueue(two, { maxQueueSize: 100 });
  const left = await Promise.all(Array.from({ length: 30 }, () => queue.removeTokens(1)));

  assert.equal(left.length, 30);
});

test("falls back to its insurance while the server is away", async () => {
  const storeClient = new Redis(server.port, "127.0.0.1",
    { enableOfflineQueue: false, retryStrategy: () => null, lazyConnect: true });
  await storeClient.connect();
  const insuranceLimiter = new RateLimiterRedis(
    { storeClient: ioredis, keyPrefix: "insurance", points: 3, duration: 600 });
  const limiter = new RateLimiterRedis({ storeClient, points: 5, duration: 600, insuranceLimiter });
  assert.equal((await limiter.consume("user")).remainingPoints, 4);
  storeClient.disconnect();
  assert.equal((await limiter.consume("user")).remainingPoints, 2);
});
