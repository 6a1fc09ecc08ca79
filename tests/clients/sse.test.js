// Server-sent events: the eventsource package, a browser, and streams that are interrupted.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";

import { EventSource } from "eventsource";
import { Redis } from "ioredis";
import { chromium } from "playwright-core";

import { Server, until } from "./support/server.js";

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

let server;
let redis;

before(async () => {
  server = await Server.start([
    ["appendonly", "yes"],
    ["io-threads", "2"],
    ["channel", "open:*", "sub=anon"],
    ["channel", "kept:*", "sub=anon", "history=5", "ttl=300s"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
});

after(async () => {
  redis.disconnect();
  await server.stop();
});

// Opens a stream and gathers its messages as [channel, data].
const open = async (channels, query = "") => {
  const address = channels.map((channel) => `ch=${encodeURIComponent(channel)}`).join("&");
  const events = new EventSource(`${server.origin}/sse?${address}${query}`);
  const seen = [];
  let id = "";
  for (const channel of [...channels, "rt:lost"])
    events.addEventListener(channel, (event) => {
      seen.push([channel, event.data]);
      id = event.lastEventId;
    });
  await until("the stream", () => events.readyState === EventSource.OPEN);
  return { events, seen, id: () => id };
};

const subscribers = async (channel) => (await redis.pubsub("NUMSUB", channel))[1];

test("brings what is published", async () => {
  const { events, seen } = await open(["open:a", "open:ü b"]);
  await until("the subscription", async () => (await subscribers("open:a")) === 1);
  await redis.publish("open:a", '{"n":1}');
  await redis.publish("open:ü b", "two\nlines");
  await redis.publish("open:other", "not asked for");
  await redis.publish("open:a", Buffer.from([0xff]));
  await until("three events", () => seen.length === 3);
  assert.deepEqual(seen, [["open:a", '{"n":1}'], ["open:ü b", "two\nlines"], ["open:a", "/w=="]]);
  events.close();
  await until("the end of the subscription", async () => (await subscribers("open:a")) === 0);
});

test("goes on where it was, without gaps", async () => {
  const first = await open(["kept:a", "kept:b"]);
  await until("the subscription", async () => (await subscribers("kept:b")) === 1);
  await redis.publish("kept:a", "1");
  await redis.publish("kept:b", "2");
  await until("two events", () => first.seen.length === 2);
  first.events.close();
  assert.match(first.id(), /^kept:a:\d+-1,kept:b:\d+-1$/);
  await redis.publish("kept:a", "3");
  await redis.publish("kept:b", "4");

  const second = await open(["kept:a", "kept:b"],
    `&last_event_id=${encodeURIComponent(first.id())}`);
  await until("what was missed", () => second.seen.length === 2);
  await redis.publish("kept:a", "5");
  await until("what came then", () => second.seen.length === 3);
  assert.deepEqual(second.seen, [["kept:a", "3"], ["kept:b", "4"], ["kept:a", "5"]]);
  second.events.close();

  for (let i = 6; i < 16; ++i) await redis.publish("kept:a", `${i}`);
  const third = await open(["kept:a"], `&last_event_id=${encodeURIComponent(second.id())}`);
  await until("the news that something is lost", () => third.seen.length === 1);
  assert.deepEqual(third.seen, [["rt:lost", '{"channel":"kept:a"}']]);
  third.events.close();
});

test("survives a restart of the server", async () => {
  const { events, seen } = await open(["kept:c"]);
  await until("the subscription", async () => (await subscribers("kept:c")) === 1);
  await redis.publish("kept:c", "before");
  await until("the first event", () => seen.length === 1);
  await server.restart("SIGKILL");
  await redis.ping();
  await redis.publish("kept:c", "while away");
  await until("the second event", () => seen.length === 2, 20_000);
  assert.deepEqual(seen, [["kept:c", "before"], ["kept:c", "while away"]]);
  events.close();
});

test("refuses what no rule opens", async () => {
  for (const [address, status] of [["/sse?ch=secret", 401], ["/sse", 400], ["/sse?ch=", 400],
    ["/sse?ch=open:a&ticket=wrong", 401]]) {
    const response = await fetch(server.origin + address);
    assert.ok([status, 403].includes(response.status), `${address}: ${response.status}`);
    assert.equal((await response.json()).code, response.status);
  }
  const foreign = await fetch(`${server.origin}/sse?ch=open:a`,
    { headers: { Origin: "http://elsewhere.example" } });
  assert.equal(foreign.status, 403);
});

test("gives tickets that count once", async () => {
  const answer = await fetch(`${server.origin}/api/ticket`, { method: "POST" });
  const { ticket } = await answer.json();
  const stream = await fetch(`${server.origin}/sse?ch=open:a&ticket=${ticket}`);
  assert.equal(stream.status, 200);
  assert.equal(stream.headers.get("content-type"), "text/event-stream");
  await stream.body.cancel();
  assert.equal((await fetch(`${server.origin}/sse?ch=open:a&ticket=${ticket}`)).status, 401);
});

test("works in a browser", async () => {
  const browser = await chromium.launch({
    executablePath: browsers.find(existsSync),
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const page = await browser.newPage();
  await page.goto(`${server.origin}/`);
  await page.evaluate(() => {
    window.seen = [];
    const events = new EventSource("/sse?ch=kept:d");
    events.addEventListener("kept:d", (event) => window.seen.push([event.data, event.lastEventId]));
  });
  await until("the subscription", async () => (await subscribers("kept:d")) === 1);
  await redis.publish("kept:d", "hello");
  await page.waitForFunction(() => window.seen.length === 1);
  const [[data, id]] = await page.evaluate(() => window.seen);
  assert.equal(data, "hello");
  assert.match(id, /^kept:d:\d+-1$/);
  await browser.close();
});
