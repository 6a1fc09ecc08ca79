// duplex-client, the package in client/: live keys, streams, commands.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Redis } from "ioredis";
import { WebSocket } from "ws";

import { CommandError, Commands, DuplexClient } from "../../client/index.js";
import { Server, until } from "./support/server.js";

let server;
let redis;
let client;

before(async () => {
  server = await Server.start([
    ["appendonly", "yes"],
    ["channel", "key:*", "sub=anon"],
    ["channel", "stream:*", "sub=anon"],
    ["http-rest", "yes"],
    ["rest-token", "the-token", "app"],
    ["user", "app", "on", ">secret", "~*", "&*", "+@all"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
  client = new DuplexClient(server.webSocketUrl("/rt"), { WebSocket });
});

after(async () => {
  client.close();
  redis.disconnect();
  await server.stop();
});

test("shows a key and its changes", async () => {
  await redis.hset("cart", { apples: 1 });
  let seen;
  const subscription = client.key("cart", (value, info) => (seen = { value, ...info }));
  await until("the value", () => seen?.value.apples === "1");
  assert.equal(seen.type, "hash");
  await redis.hset("cart", { pears: 2 });
  await until("the change", () => seen.value.pears === "2");
  await redis.del("cart");
  await until("the end", () => seen.type === "none");
  assert.equal(seen.value, null);
  subscription.close();
});

test("follows large values change by change", async () => {
  const bytes = Buffer.alloc(100_000, 0xff);
  await redis.set("boxes", bytes);
  let seen;
  const boxes = client.key("boxes", (value, info) => (seen = { value, ...info }));
  await until("the value", () => seen !== undefined);
  assert.equal(seen.encoding, "base64");
  await redis.setbit("boxes", 7, 0);
  await redis.setbit("boxes", 799_999, 0);
  bytes[0] = 0xfe;
  bytes[99_999] = 0xfe;
  await until("both bits", () => seen.value === bytes.toString("base64"));
  boxes.close();

  const fields = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, "x".repeat(40)]));
  await redis.hset("big", fields);
  let big;
  const hash = client.key("big", (value) => (big = value));
  await until("the hash", () => big !== undefined);
  await redis.hset("big", "f7", "changed");
  await redis.hdel("big", "f8");
  await redis.hincrby("big", "count", 5);
  await until("all changes", () => big.f7 === "changed" && !("f8" in big) && big.count === "5");
  hash.close();
});

test("brings the entries of a stream, also those it was away for", async () => {
  const seen = [];
  let lost = 0;
  client.stream("orders", (entry) => seen.push(entry.n), { onLost: () => ++lost });
  await redis.xadd("orders", "*", "n", "0");
  await until("the subscription", async () => {
    await redis.xadd("orders", "*", "n", "1");
    return seen.includes("1");
  });
  seen.length = 0;
  await server.restart("SIGKILL");
  await redis.xadd("orders", "*", "n", "2");
  await redis.xadd("orders", "*", "n", "3");
  await until("both", () => seen.includes("3"), 20_000);
  assert.deepEqual(seen.filter((n) => n !== "1"), ["2", "3"]);
  assert.equal(lost, 0);
});

test("tells what is refused", async () => {
  const errors = [];
  const other = new DuplexClient(server.webSocketUrl("/rt"),
    { WebSocket, token: "not a token", onError: (error) => errors.push(error.code) });
  await until("the refusal", () => errors.length > 0);
  assert.ok([101, 3500].includes(errors[0]), `${errors[0]}`);
  other.close();
});

test("runs commands over HTTP", async () => {
  const commands = new Commands(server.origin, "the-token");
  assert.equal(await commands.run("SET", "k", 1), "OK");
  const [one, error] = await commands.pipeline([["INCR", "k"], ["LPOP", "k"]]);
  assert.equal(one, 2);
  assert.ok(error instanceof CommandError);
  assert.deepEqual(await commands.transaction([["INCR", "k"], ["GET", "k"]]), [3, "3"]);
  await assert.rejects(commands.run("LPOP", "k"), /WRONGTYPE/);
  await assert.rejects(new Commands(server.origin, "wrong").run("GET", "k"), CommandError);
});
