// ioredis, node-redis, ws and https under TLS, on both back ends.

import assert from "node:assert/strict";
import { once } from "node:events";
import https from "node:https";
import { after, before, describe, test } from "node:test";

import { Redis } from "ioredis";
import { createClient } from "redis";
import { WebSocket } from "ws";

import { Certificates } from "./support/certificates.js";
import { freePort, Server, until } from "./support/server.js";

for (const backend of ["uring", "epoll"]) {
  describe(backend, () => {
    let certificates;
    let server;
    let tlsPort;
    let webPort;

    before(async () => {
      certificates = await Certificates.make();
      tlsPort = await freePort();
      webPort = await freePort();
      server = await Server.start([
        ...certificates.directives,
        ["io-backend", backend],
        ["tls-port", `${tlsPort}`],
        ["http-tls-port", `${webPort}`],
        ["conformance-endpoints", "yes"],
        ["channel", "open:*", "sub=anon", "pub=anon"],
      ]);
    });
    after(async () => {
      await server?.stop();
      await certificates?.remove();
    });

    test("ioredis", async () => {
      const options = { port: tlsPort, host: "localhost", tls: { ca: certificates.ca } };
      const redis = new Redis(options);
      const subscriber = new Redis(options);
      try {
        const value = "v".repeat(1_000_000);
        assert.equal(await redis.set("key", value), "OK");
        assert.equal(await redis.get("key"), value);
        const replies = await Promise.all(Array.from({ length: 5000 }, () => redis.incr("n")));
        assert.deepEqual(
          replies,
          Array.from({ length: 5000 }, (_, i) => i + 1),
        );
        const seen = [];
        subscriber.on("message", (channel, message) => seen.push([channel, message]));
        await subscriber.subscribe("news");
        assert.equal(await redis.publish("news", "hello"), 1);
        await until("the message", () => seen.length === 1);
        assert.deepEqual(seen, [["news", "hello"]]);
      } finally {
        redis.disconnect();
        subscriber.disconnect();
      }
    });

    test("ioredis does not accept a certificate of strangers", async () => {
      const redis = new Redis({
        ...{ port: tlsPort, host: "localhost", tls: {} },
        ...{ lazyConnect: true, retryStrategy: () => null },
      });
      redis.on("error", () => {});
      await assert.rejects(redis.connect());
      redis.disconnect();
    });

    test("node-redis with rediss://", async () => {
      const client = createClient({
        url: `rediss://localhost:${tlsPort}`,
        socket: { tls: true, ca: certificates.ca },
      });
      await client.connect();
      try {
        assert.equal(await client.set("k", "v"), "OK");
        assert.equal(await client.get("k"), "v");
        assert.deepEqual(await client.multi().incr("m").incr("m").exec(), [1, 2]);
        const waits = client.duplicate();
        await waits.connect();
        const popped = waits.blPop("list", 10);
        await client.rPush("list", "item");
        assert.equal((await popped).element, "item");
        waits.destroy();
      } finally {
        client.destroy();
      }
    });

    const open = async (address, ...rest) => {
      const socket = new WebSocket(`wss://localhost:${webPort}${address}`, ...rest, {
        ca: certificates.ca,
      });
      socket.seen = [];
      socket.on("message", (data, isBinary) =>
        socket.seen.push(isBinary ? data : data.toString()),
      );
      await once(socket, "open");
      return socket;
    };

    test("wss:// echoes messages of every size", async () => {
      const socket = await open("/echo");
      const texts = ["", "a", "b".repeat(16_384), "c".repeat(3_000_000)];
      for (const text of texts) socket.send(text);
      await until("echoes", () => socket.seen.length === texts.length);
      assert.deepEqual(socket.seen, texts);
      socket.close(1000);
      const [code] = await once(socket, "close");
      assert.equal(code, 1000);
    });

    test("what a Redis client publishes under TLS reaches a browser under TLS", async () => {
      const socket = await open("/connection/websocket", "centrifuge-json");
      socket.send('{"id":1,"connect":{}}');
      await until("the connection", () => socket.seen.length === 1);
      socket.send('{"id":2,"subscribe":{"channel":"open:room"}}');
      await until("the subscription", () => socket.seen.length === 2);
      const redis = new Redis({ port: tlsPort, host: "localhost", tls: { ca: certificates.ca } });
      const text = JSON.stringify({ text: "x".repeat(20_000) });
      assert.equal(await redis.publish("open:room", text), 1);
      await until("the push", () => socket.seen.length === 3);
      assert.equal(JSON.parse(socket.seen[2]).push.channel, "open:room");
      assert.ok(socket.seen[2].includes("x".repeat(20_000)));
      redis.disconnect();
      socket.close(1000);
      await once(socket, "close");
    });

    test("https: with a connection that is kept", async () => {
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
      const get = (address) =>
        new Promise((resolve, reject) => {
          const options = { host: "localhost", port: webPort, path: address };
          https
            .get({ ...options, agent, ca: certificates.ca }, (response) => {
              const parts = [];
              response.on("data", (part) => parts.push(part));
              response.on("end", () =>
                resolve([response.statusCode, Buffer.concat(parts).toString()]),
              );
            })
            .on("error", reject);
        });
      for (let i = 0; i < 5; ++i) {
        assert.deepEqual(await get("/health"), [200, '{"status":"ok"}\n']);
      }
      const [status, page] = await get("/");
      assert.equal(status, 200);
      assert.match(page, /<html/);
      const [, metrics] = await get("/metrics");
      assert.match(metrics, /^duplex_tls_handshakes_total [1-9]/m);
      agent.destroy();
    });
  });
}
