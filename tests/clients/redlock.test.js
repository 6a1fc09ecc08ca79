// Redlock, as it comes from npm: locks over one server and over three of them.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { Redis } from "ioredis";
import Redlock from "redlock";

import { Server, until } from "./support/server.js";

let servers;
let clients;

before(async () => {
  servers = await Promise.all([1, 2, 3].map(() => Server.start()));
  clients = servers.map(({ port }) => new Redis(port, "127.0.0.1"));
});
after(async () => {
  clients?.forEach((client) => client.disconnect());
  await Promise.all(servers?.map((server) => server.stop()) ?? []);
});
beforeEach(() => Promise.all(clients.map((client) => client.flushall())));

// A Redlock that says at once what it does not get.
const impatient = (some = clients) => new Redlock(some, { retryCount: 0 });

test("gives a lock to one at a time", async () => {
  const lock = await impatient().lock("place", 60_000);
  for (const client of clients) {
    assert.equal(await client.get("place"), lock.value);
    assert.ok((await client.pttl("place")) > 50_000);
  }
  await assert.rejects(impatient().lock("place", 60_000), { name: "LockError" });

  await lock.unlock();
  for (const client of clients) assert.equal(await client.exists("place"), 0);
  await (await impatient().lock("place", 60_000)).unlock();
});

test("does not take away the lock of somebody else", async () => {
  const lock = await impatient().lock("place", 60_000);
  await Promise.all(clients.map((client) => client.set("place", "another's")));

  await assert.rejects(lock.unlock(), { name: "LockError" });
  assert.equal(await clients[0].get("place"), "another's");
});

test("extends a lock while it is held, and not afterwards", async () => {
  const lock = await impatient().lock("place", 60_000);
  await lock.extend(120_000);
  assert.ok((await clients[0].pttl("place")) > 100_000);

  await Promise.all(clients.map((client) => client.pexpire("place", 1)));
  await until("the end of the lock", async () => (await clients[0].exists("place")) === 0);
  await assert.rejects(lock.extend(60_000), { name: "LockError" });
});

test("locks several places at once, or none", async () => {
  const lock = await impatient().lock(["a", "b", "c"], 60_000);
  assert.equal(await clients[0].exists("a", "b", "c"), 3);
  await assert.rejects(impatient().lock(["c", "d"], 60_000), { name: "LockError" });
  assert.equal(await clients[0].exists("d"), 0);
  await lock.unlock();
});

test("loads its scripts again after they were flushed", async () => {
  const redlock = impatient();
  await (await redlock.lock("place", 60_000)).unlock();
  await Promise.all(clients.map((client) => client.script("FLUSH")));
  await (await redlock.lock("place", 60_000)).unlock();
});

test("lets nobody in beside the holder, among many", async () => {
  const redlock = new Redlock(clients, { retryCount: -1, retryDelay: 5, retryJitter: 4 });
  let inside = 0;
  let turns = 0;
  await Promise.all(Array.from({ length: 20 }, async () => {
    const lock = await redlock.lock("place", 60_000);
    assert.equal(++inside, 1);
    await clients[0].incr("turns");
    --inside;
    ++turns;
    await lock.unlock();
  }));
  assert.equal(turns, 20);
});

test("goes on with two servers of three, and not with one", async () => {
  const impatientClients = servers.map(({ port }) => new Redis(port, "127.0.0.1",
    { enableOfflineQueue: false, retryStrategy: () => null, lazyConnect: true }));
  await Promise.all(impatientClients.map((client) => client.connect()));
  const redlock = impatient(impatientClients);
  redlock.on("clientError", () => {});

  impatientClients[0].disconnect();
  await (await redlock.lock("place", 60_000)).unlock();
  impatientClients[1].disconnect();
  await assert.rejects(redlock.lock("place", 60_000), { name: "LockError" });
  impatientClients[2].disconnect();
});
