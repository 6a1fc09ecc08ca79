// Engine.IO 4, spoken by hand over fetch and ws, as the protocol's own test suite does.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { WebSocket } from "ws";

import { Server, until } from "./support/server.js";

const pingInterval = 300;
const pingTimeout = 200;
const separator = "\x1e";

let server;
before(async () => {
  server = await Server.start([
    ["conformance-endpoints", "yes"],
    ["rt-origins", "https://*.example.com"],
    ["sio-ping-interval", `${pingInterval}`],
    ["sio-ping-timeout", `${pingTimeout}`],
    ["sio-connect-timeout", "1000"],
    ["sio-upgrade-timeout", "400"],
    ["io-threads", "4"],
  ]);
});
after(() => server?.stop());

const url = (query) => `${server.origin}/engine.io/?${query}`;
const request = (query, options) => fetch(url(query), options);
const polling = (sid) => `EIO=4&transport=polling&sid=${sid}`;
const poll = (sid, options) => request(polling(sid), options);
const post = (sid, body, headers) => request(polling(sid), { method: "POST", body, headers });

const openPolling = async () => {
  const response = await request("EIO=4&transport=polling");
  assert.equal(response.status, 200);
  const text = await response.text();
  assert.equal(text[0], "0");
  return JSON.parse(text.slice(1));
};

const openSocket = (query) => {
  const socket = new WebSocket(server.webSocketUrl(`/engine.io/?${query}`));
  socket.seen = [];
  socket.on("message", (data, isBinary) => socket.seen.push(isBinary ? data : data.toString()));
  socket.on("error", (error) => (socket.failure = error));
  socket.ended = new Promise((resolve) => socket.on("close", resolve));
  socket.next = async () => {
    await until("a packet", () => socket.seen.length > 0);
    return socket.seen.shift();
  };
  return socket;
};

const openWebSocket = async () => {
  const socket = openSocket("EIO=4&transport=websocket");
  socket.handshake = JSON.parse((await socket.next()).slice(1));
  return socket;
};

const upgrade = async (sid) => {
  const socket = openSocket(`EIO=4&transport=websocket&sid=${sid}`);
  await once(socket, "open");
  socket.send("2probe");
  assert.equal(await socket.next(), "3probe");
  return socket;
};

test("opens a session by polling and tells how", async () => {
  const { sid, ...rest } = await openPolling();
  assert.match(sid, /^[\w-]{20}$/);
  assert.deepEqual(rest, {
    upgrades: ["websocket"],
    pingInterval,
    pingTimeout,
    maxPayload: 1000000,
  });
});

test("opens a session by WebSocket and tells how", async () => {
  const socket = await openWebSocket();
  const { sid, ...rest } = socket.handshake;
  assert.match(sid, /^[\w-]{20}$/);
  assert.deepEqual(rest, { upgrades: [], pingInterval, pingTimeout, maxPayload: 1000000 });
  socket.close();
});

test("refuses what is no handshake", async () => {
  const wrong = [
    ["transport=polling", 5],
    ["EIO=abc&transport=polling", 5],
    ["EIO=3&transport=polling", 5],
    ["EIO=4", 0],
    ["EIO=4&transport=abc", 0],
    ["EIO=4&transport=websocket", 3],
    ["EIO=4&transport=polling&sid=unknown", 1],
    ["EIO=4&transport=polling&sid=A234567890123456789_", 1],
  ];
  for (const [query, code] of wrong) {
    const response = await request(query);
    assert.equal(response.status, 400, query);
    assert.equal((await response.json()).code, code, query);
  }
  for (const method of ["POST", "PUT"]) {
    const response = await request("EIO=4&transport=polling", { method });
    assert.equal(response.status, 400);
    assert.deepEqual(await response.json(), { code: 2, message: "Bad handshake method" });
  }
  for (const query of ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4"]) {
    const socket = openSocket(query);
    await socket.ended;
    assert.match(socket.failure.message, /400/);
  }
});

test("carries text and binary packets by polling", async () => {
  const { sid } = await openPolling();
  for (const body of ["4hello", ["4test1", "4test2", "4test3"].join(separator), `4hi${separator}bAQIDBA==`]) {
    const answer = await post(sid, body);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "ok");
    const polled = await poll(sid);
    assert.equal(polled.headers.get("content-type"), "text/plain; charset=UTF-8");
    assert.equal(polled.headers.get("cache-control"), "no-store");
    assert.equal(await polled.text(), body);
  }
});

test("holds a poll until something comes", async () => {
  const { sid } = await openPolling();
  const polled = poll(sid);
  await post(sid, "4later");
  assert.equal(await (await polled).text(), "4later");
});

test("compresses long answers for those who take them", async () => {
  const { sid } = await openPolling();
  const long = "4" + "long ".repeat(1000);
  for (const [encoding, expected] of [["gzip, deflate", "gzip"], ["identity", null]]) {
    await post(sid, long);
    const answer = await poll(sid, { headers: { "Accept-Encoding": encoding } });
    assert.equal(answer.headers.get("content-encoding"), expected);
    assert.equal(await answer.text(), long);
  }
});

test("carries text and binary packets by WebSocket", async () => {
  const socket = await openWebSocket();
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
  socket.send(Buffer.from([1, 2, 3, 4]));
  assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3, 4]));
  socket.close();
});

test("ends the session after a malformed packet", async () => {
  for (const body of ["abc", "", "4a" + separator, "b=", "2", "7x"]) {
    const { sid } = await openPolling();
    assert.equal((await post(sid, body)).status, 400, JSON.stringify(body));
    assert.equal((await poll(sid)).status, 400);
  }
  const { sid } = await openPolling();
  const binary = await post(sid, "4x", { "Content-Type": "application/octet-stream" });
  assert.equal(binary.status, 400);
  assert.equal((await poll(sid)).status, 400);
  for (const packet of ["abc", "", "2"]) {
    const socket = await openWebSocket();
    socket.send(packet);
    await socket.ended;
  }
});

test("refuses bodies and messages that are too long", async () => {
  const { sid } = await openPolling();
  assert.equal((await post(sid, "4" + "x".repeat(1_000_000))).status, 413);
  const socket = await openWebSocket();
  socket.send("4" + "x".repeat(1_000_000));
  assert.equal(await socket.ended, 1009);
});

test("ends the session when there are two polls at once", async () => {
  const { sid } = await openPolling();
  const first = poll(sid);
  await sleep(20); // the order of two requests on two connections shows nowhere else
  const second = await request(`${polling(sid)}&t=second`);
  assert.equal(second.status, 400);
  assert.equal(await (await first).text(), "1");
  assert.equal((await poll(sid)).status, 400);
});

test("ends the session when a poll is given up", async () => {
  const { sid } = await openPolling();
  const socket = net.connect(server.httpPort, "127.0.0.1");
  socket.write(`GET /engine.io/?${polling(sid)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await sleep(20); // a poll that is held shows nowhere
  socket.destroy();
  await until("the end", async () => {
    const response = await post(sid, "4x");
    await response.text();
    return response.status === 400;
  });
});

test("keeps polling sessions alive with pings", async () => {
  const { sid } = await openPolling();
  for (let i = 0; i < 3; i++) {
    assert.equal(await (await poll(sid)).text(), "2");
    assert.equal((await post(sid, "3")).status, 200);
  }
});

test("keeps WebSockets alive with pings", async () => {
  const socket = await openWebSocket();
  for (let i = 0; i < 3; i++) {
    assert.equal(await socket.next(), "2");
    socket.send("3");
  }
  socket.close();
});

test("ends sessions whose client does not answer", async () => {
  const { sid } = await openPolling();
  const socket = await openWebSocket();
  await sleep(pingInterval + pingTimeout);
  assert.equal((await poll(sid)).status, 400);
  await socket.ended;
  const { sid: waiting } = await openPolling();
  assert.equal(await (await poll(waiting)).text(), "2");
  assert.equal(await (await poll(waiting)).text(), "1");
});

test("ends sessions whose client says so", async () => {
  const { sid } = await openPolling();
  const polled = poll(sid);
  await sleep(20); // so that the poll is there first
  assert.equal((await post(sid, "1")).status, 200);
  assert.equal(await (await polled).text(), "6");
  assert.equal((await poll(sid)).status, 400);
  const socket = await openWebSocket();
  socket.send("1");
  await socket.ended;
});

test("upgrades from polling to WebSocket", async () => {
  const { sid } = await openPolling();
  const socket = await upgrade(sid);
  const polled = await poll(sid);
  assert.equal(await polled.text(), "6");
  socket.send("5");
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
  assert.equal((await poll(sid)).status, 400);
  assert.equal((await post(sid, "4x")).status, 400);
  socket.send("4again");
  assert.equal(await socket.next(), "4again");
  socket.close();
});

test("answers a poll that waits when the upgrade begins", async () => {
  const { sid } = await openPolling();
  const polled = poll(sid);
  await sleep(20); // so that the poll is there first
  const socket = await upgrade(sid);
  assert.equal(await (await polled).text(), "6");
  socket.send("5");
  socket.close();
});

test("keeps the order of packets over an upgrade", async () => {
  const { sid } = await openPolling();
  const socket = await upgrade(sid);
  await post(sid, ["4a", "bAQI=", "4b"].join(separator));
  socket.send("5");
  socket.send("4c");
  assert.equal(await socket.next(), "4a");
  assert.deepEqual(await socket.next(), Buffer.from([1, 2]));
  assert.equal(await socket.next(), "4b");
  assert.equal(await socket.next(), "4c");
  socket.close();
});

test("keeps the session when a second WebSocket comes", async () => {
  const { sid } = await openPolling();
  const socket = await upgrade(sid);
  const early = openSocket(`EIO=4&transport=websocket&sid=${sid}`);
  await early.ended;
  socket.send("5");
  socket.send("4first");
  assert.equal(await socket.next(), "4first");
  const late = openSocket(`EIO=4&transport=websocket&sid=${sid}`);
  await late.ended;
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
  socket.close();
});

test("goes on by polling when an upgrade fails", async () => {
  const { sid } = await openPolling();
  const wrong = openSocket(`EIO=4&transport=websocket&sid=${sid}`);
  await once(wrong, "open");
  wrong.send("4too early");
  await wrong.ended;
  const silent = openSocket(`EIO=4&transport=websocket&sid=${sid}`);
  const answers = (async () => {
    let ended = false;
    silent.ended.then(() => (ended = true));
    while (!ended) {
      assert.equal(await (await poll(sid)).text(), "2");
      await post(sid, "3");
    }
  })();
  await silent.ended;
  await answers;
  await post(sid, "4hello");
  assert.equal(await (await poll(sid)).text(), "4hello");
});

test("answers pages of allowed origins only", async () => {
  const headers = { Origin: "https://app.example.com" };
  const allowed = await request("EIO=4&transport=polling", { headers });
  assert.equal(allowed.headers.get("access-control-allow-origin"), headers.Origin);
  assert.equal(allowed.headers.get("access-control-allow-credentials"), "true");
  const asked = await request("EIO=4&transport=polling", {
    method: "OPTIONS",
    headers: { ...headers, "Access-Control-Request-Headers": "content-type" },
  });
  assert.equal(asked.status, 200);
  assert.match(asked.headers.get("access-control-allow-methods"), /POST/);
  assert.equal(asked.headers.get("access-control-allow-headers"), "content-type");
  const foreign = await request("EIO=4&transport=polling", {
    headers: { Origin: "https://evil.test" },
  });
  assert.equal(foreign.status, 403);
  assert.equal((await foreign.json()).code, 4);
});
