// The HTTP port with the ws client from npm, fetch, and bare sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Redis } from "ioredis";
import { WebSocket } from "ws";

import { Server, until } from "./support/server.js";

let server;
let redis;

before(async () => {
  server = await Server.start([
    ["conformance-endpoints", "yes"],
    ["channel", "open:*", "sub=anon", "pub=anon"],
    ["channel", "read:*", "sub=anon"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
});
after(async () => {
  redis?.disconnect();
  await server?.stop();
});

const open = async (address, ...rest) => {
  const socket = new WebSocket(server.webSocketUrl(address), ...rest);
  socket.seen = [];
  socket.on("message", (data, isBinary) => socket.seen.push(isBinary ? data : data.toString()));
  await once(socket, "open");
  return socket;
};

// A connected client of the realtime protocol; ask() sends and returns the next message's objects.
const connect = async () => {
  const socket = await open("/connection/websocket", "centrifuge-json");
  socket.objects = () => socket.seen.flatMap((text) => text.split("\n")).map((t) => JSON.parse(t));
  socket.ask = async (...commands) => {
    const before = socket.objects().length;
    socket.send(commands.map((command) => JSON.stringify(command)).join("\n"));
    await until("replies", () => socket.objects().length >= before + commands.length);
    return socket.objects().slice(before);
  };
  const [reply] = await socket.ask({ id: 1, connect: { name: "test" } });
  assert.equal(reply.connect.pong, true);
  return socket;
};

const close = async (socket) => {
  socket.close(1000);
  await once(socket, "close");
};

// What the server answers to bytes, until it closes or is silent for a while.
const exchange = async (bytes, msMax = 2000) => {
  const socket = net.connect(server.httpPort, "127.0.0.1");
  let received = "";
  socket.setEncoding("latin1").on("data", (text) => (received += text));
  socket.on("error", () => {});
  socket.write(bytes);
  await Promise.race([once(socket, "close"), sleep(msMax)]);
  socket.destroy();
  return received;
};

test("serves pages, health and numbers", async () => {
  const start = await fetch(`${server.origin}/`);
  assert.equal(start.status, 200);
  assert.match(await start.text(), /<title>Duplex<\/title>/);
  const tag = start.headers.get("etag");
  const again = await fetch(`${server.origin}/`, { headers: { "If-None-Match": tag } });
  assert.equal(again.status, 304);

  assert.deepEqual(await (await fetch(`${server.origin}/health`)).json(), { status: "ok" });
  const metrics = await (await fetch(`${server.origin}/metrics`)).text();
  assert.match(metrics, /^# TYPE duplex_\w+ (counter|gauge|histogram)$/m);
  const stats = await (await fetch(`${server.origin}/api/stats`)).json();
  assert.equal(stats.resp_port, server.port);
});

test("answers errors as JSON", async () => {
  const missing = await fetch(`${server.origin}/nothing`);
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).code, 404);
  const post = await fetch(`${server.origin}/health`, { method: "POST", body: "x" });
  assert.equal(post.status, 405);
  const long = await fetch(`${server.origin}/health`, { method: "POST", body: "x".repeat(1 << 21) })
    .catch((error) => error);
  assert.ok(long instanceof Error || long.status === 413);
  assert.match(await exchange("nonsense\r\n\r\n"), /^HTTP\/1\.1 400 [^]*"code":400/);
  const header = `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`;
  assert.match(await exchange(header), /^HTTP\/1\.1 431 /);
  assert.match(await exchange("GET / HTTP/1.1\r\n\r\n", 300), /^HTTP\/1\.1 400 /);
});

test("keeps connections and answers pipelined requests in order", async () => {
  const one = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
  const two = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";
  const last = "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  const received = await exchange(one + two + one + last);

  const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]);
  assert.deepEqual(statuses, ["200", "404", "200", "200"]);
  assert.ok(received.endsWith("\r\n\r\n"), "the answer to HEAD has no body");
});

test("echoes text and binary messages of many sizes", async () => {
  const socket = await open("/echo", { maxPayload: 1 << 25 });
  for (const size of [0, 1, 125, 126, 65535, 65536, 1 << 20, 1 << 24]) {
    socket.seen.length = 0;
    socket.send("x".repeat(size));
    socket.send(Buffer.alloc(size, 255));
    await until("two echoes", () => socket.seen.length === 2, 30_000);
    assert.equal(socket.seen[0].length, size);
    assert.ok(socket.seen[1].equals(Buffer.alloc(size, 255)));
  }
  await close(socket);
});

test("echoes a message of 65,536 fragments and pings in between", async () => {
  const socket = await open("/echo");
  let pongs = 0;
  socket.on("pong", () => ++pongs);
  for (let i = 0; i < 65_536; ++i) {
    socket.send("ab", { fin: i === 65_535 });
    if (i % 16_384 === 0) socket.ping("x");
  }
  await until("the echo", () => socket.seen.length === 1, 30_000);
  assert.equal(socket.seen[0], "ab".repeat(65_536));
  assert.equal(pongs, 4);
  await close(socket);
});

test("closes for messages that are too big", async () => {
  const echo = await open("/echo");
  echo.send(Buffer.alloc((1 << 24) + 1));
  assert.equal((await once(echo, "close"))[0], 1009);

  const realtime = await connect();
  realtime.send(JSON.stringify({ id: 2, ping: { x: "x".repeat(70_000) } }));
  assert.equal((await once(realtime, "close"))[0], 1009);
});

test("answers bad frames with the right close code", async () => {
  const cases = [
    ["not masked", "81026869", 1002],
    ["reserved bit", "c1820000000068 69", 1002],
    ["unknown opcode", "838000000000", 1002],
    ["invalid UTF-8", "818100000000ff", 1007],
    ["bad close code", "88820000000003ed", 1002],
  ];
  for (const [name, hex, code] of cases) {
    const socket = await open("/echo");
    socket._socket.write(Buffer.from(hex.replaceAll(" ", ""), "hex"));
    const [received] = await once(socket, "close");
    assert.equal(received, code, name);
  }
});

test("answers a close frame with the same code", async () => {
  const socket = await open("/echo");
  socket.close(4321, "bye");
  assert.equal((await once(socket, "close"))[0], 4321);
});

test("lets pages of the own host in, and no others", async () => {
  const own = await open("/echo", { origin: server.origin });
  await close(own);
  const foreign = new WebSocket(server.webSocketUrl("/echo"), { origin: "http://evil.example" });
  foreign.on("error", () => {});
  const [, response] = await once(foreign, "unexpected-response");
  assert.equal(response.statusCode, 403);
  foreign.terminate();
});

test("carries messages both ways between a Redis client and a WebSocket", async () => {
  const socket = await connect();
  const subscriber = redis.duplicate();
  const heard = [];
  subscriber.on("message", (channel, text) => heard.push([channel, text]));
  await subscriber.subscribe("open:a");
  assert.deepEqual(await socket.ask({ id: 2, subscribe: { channel: "open:a" } }),
    [{ id: 2, subscribe: {} }]);

  assert.equal(await redis.publish("open:a", '{"from":"redis"}'), 2);
  await until("a push", () => socket.objects().some((object) => object.push));
  const [reply] = await socket.ask({ id: 3, publish: { channel: "open:a", data: { n: 1 } } });
  assert.deepEqual(reply, { id: 3, publish: {} });
  await until("both messages", () => heard.length === 2);

  assert.deepEqual(heard, [["open:a", '{"from":"redis"}'], ["open:a", '{"n":1}']]);
  const pushes = () => socket.objects().filter((object) => object.push);
  await until("two pushes", () => pushes().length === 2);
  assert.deepEqual(pushes()[0], { push: { channel: "open:a", pub: { data: { from: "redis" } } } });
  subscriber.disconnect();
  await close(socket);
  await until("no subscriber", async () => (await redis.pubsub("NUMSUB", "open:a"))[1] === 0);
});

test("sends text and bytes that are not JSON", async () => {
  const socket = await connect();
  await socket.ask({ id: 2, subscribe: { channel: "open:b" } });
  await redis.publish("open:b", 'say "hi"');
  await redis.publish("open:b", Buffer.from([255, 254]));
  await redis.publish("open:b", "[1,\n2]");
  const pushes = () => socket.objects().filter((object) => object.push);
  await until("three pushes", () => pushes().length === 3);

  assert.deepEqual(pushes().map((object) => object.push.pub), [
    { data: 'say "hi"' },
    { data: "//4=", tags: { encoding: "base64" } },
    { data: [1, 2] },
  ]);
  await close(socket);
});

test("opens only the channels that the configuration opens", async () => {
  const socket = await connect();
  const code = async (command) => (await socket.ask({ id: 9, ...command }))[0].error?.code;

  assert.equal(await code({ subscribe: { channel: "closed" } }), 103);
  assert.equal(await code({ publish: { channel: "closed", data: 1 } }), 103);
  assert.equal(await code({ subscribe: { channel: "read:a" } }), undefined);
  assert.equal(await code({ publish: { channel: "read:a", data: 1 } }), 103);
  assert.equal(await code({ history: { channel: "read:a" } }), 103);
  assert.equal(await code({ rpc: { method: "read" } }), 108);
  await close(socket);
});

test("takes batches and replies before it pushes", async () => {
  const socket = await connect();
  const objects = await socket.ask(
    { id: 2, subscribe: { channel: "open:c" } },
    { id: 3, publish: { channel: "open:c", data: "x" } },
    { id: 4, ping: {} },
  );
  await until("the push", () => socket.objects().some((object) => object.push));

  assert.deepEqual(objects.slice(0, 3).map((object) => object.id), [2, 3, 4]);
  await close(socket);
});

test("ends connections that break the protocol", async () => {
  for (const text of ["nonsense", '{"id":2}', '{"id":2,"connect":{}}']) {
    const socket = await connect();
    socket.send(text);
    assert.equal((await once(socket, "close"))[0], 3501, text);
  }
  const token = await open("/rt");
  token.send('{"id":1,"connect":{"token":"x"}}');
  assert.equal((await once(token, "close"))[0], 3500);
});

test("drops a client that does not read, and no other", async () => {
  const slow = await connect();
  const good = await connect();
  await slow.ask({ id: 2, subscribe: { channel: "open:slow" } });
  await good.ask({ id: 2, subscribe: { channel: "open:slow" } });
  slow.pause();
  const payload = JSON.stringify("x".repeat(50_000));
  for (let i = 0; i < 400; ++i) await redis.publish("open:slow", payload);
  await until("one subscriber", async () => {
    const [, count] = await redis.pubsub("NUMSUB", "open:slow");
    return count === 1;
  }, 20_000);
  const pushes = () => good.seen.filter((text) => text.includes('"push"')).length;
  await until("all pushes", () => pushes() === 400, 20_000);
  slow.terminate();
  await close(good);
});

test("sends one order to all subscribers", async () => {
  const sockets = await Promise.all(Array.from({ length: 20 }, connect));
  for (const socket of sockets) await socket.ask({ id: 2, subscribe: { channel: "open:order" } });
  const publishers = await Promise.all([redis.duplicate(), redis.duplicate(), redis.duplicate()]);
  await Promise.all(publishers.map(async (publisher, who) => {
    for (let i = 0; i < 300; ++i) await publisher.publish("open:order", `[${who},${i}]`);
  }));
  const pushes = (socket) => socket.seen.filter((text) => text.includes('"push"'));
  for (const socket of sockets)
    await until("all pushes", () => pushes(socket).length === 900, 20_000);

  for (const socket of sockets) assert.deepEqual(pushes(socket), pushes(sockets[0]));
  publishers.forEach((publisher) => publisher.disconnect());
  await Promise.all(sockets.map(close));
});

test("tells clients when the server stops", async () => {
  const socket = await connect();
  const closed = once(socket, "close");
  await server.restart();
  assert.equal((await closed)[0], 3001);
});
