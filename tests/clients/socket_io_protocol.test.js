// Socket.IO 5, spoken by hand over ws, as the protocol's own test suite does.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { WebSocket } from "ws";

import { Server, until } from "./support/server.js";

let server;
before(async () => {
  server = await Server.start([
    ["conformance-endpoints", "yes"],
    ["sio-ping-interval", "300"],
    ["sio-ping-timeout", "200"],
    ["sio-connect-timeout", "1000"],
    ["io-threads", "4"],
  ]);
});
after(() => server?.stop());

// A session by WebSocket that answers pings by itself; next() is the next other packet.
const open = async () => {
  const socket = new WebSocket(server.webSocketUrl("/socket.io/?EIO=4&transport=websocket"));
  socket.seen = [];
  socket.pings = 0;
  socket.on("message", (data, isBinary) => {
    const packet = isBinary ? data : data.toString();
    if (packet !== "2") return socket.seen.push(packet);
    socket.pings++;
    socket.send("3");
  });
  socket.ended = new Promise((resolve) => socket.on("close", resolve));
  socket.next = async () => {
    await until("a packet", () => socket.seen.length > 0);
    return socket.seen.shift();
  };
  assert.equal((await socket.next())[0], "0");
  return socket;
};

const connect = async () => {
  const socket = await open();
  socket.send("40");
  assert.match(await socket.next(), /^40\{"sid":"[\w-]{20}"\}$/);
  assert.equal(await socket.next(), '42["auth",{}]');
  return socket;
};

const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;

test("joins namespaces, with and without a payload", async () => {
  const cases = [
    ["40", "40{", '42["auth",{}]'],
    ['40{"token":"123"}', "40{", '42["auth",{"token":"123"}]'],
    ["40/custom,", "40/custom,{", '42/custom,["auth",{}]'],
    ["40/custom", "40/custom,{", '42/custom,["auth",{}]'],
    ['40/custom,{"token":"abc"}', "40/custom,{", '42/custom,["auth",{"token":"abc"}]'],
  ];
  for (const [sent, reply, event] of cases) {
    const socket = await open();
    socket.send(sent);
    const handshake = await socket.next();
    assert.ok(handshake.startsWith(reply), handshake);
    assert.deepEqual(Object.keys(JSON.parse(handshake.slice(reply.length - 1))), ["sid"]);
    assert.equal(await socket.next(), event);
    socket.close();
  }
});

test("refuses unknown namespaces and keeps the connection", async () => {
  const socket = await open();
  socket.send("40/random");
  assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}');
  socket.send("40");
  assert.match(await socket.next(), /^40\{/);
  socket.close();
});

test("ends connections that break the protocol", async () => {
  for (const packet of ["4abc", "4", "47", "40[]", "40null", "42", '42["message"]', "41", "431[]"]) {
    const socket = await open();
    socket.send(packet);
    await socket.ended;
  }
  const wrong = [
    "4abc",
    "42{}",
    "42[]",
    "42[null]",
    "42[{}]",
    '42["message"',
    '42["message"]x',
    '42abc["message-with-ack",1]',
    '42["connect"]',
    '42["disconnecting",1]',
    "40",
    '44{"message":"x"}',
    "41{}",
    "43{}",
    '45["message"]',
    '4511-["message"]',
    '451-["message",{"_placeholder":true,"num":1}]',
    '451-["message",{"_placeholder":true,"num":"0"}]',
    '451-["message",{"_placeholder":true}]',
    '42/other,["message"]',
  ];
  for (const packet of wrong) {
    const socket = await connect();
    socket.send(packet);
    await socket.ended;
  }
});

test("ends connections whose attachments do not fit", async () => {
  const unexpected = await connect();
  unexpected.send(Buffer.from([1]));
  await unexpected.ended;
  const missing = await connect();
  missing.send(`451-["message",${placeholder(0)}]`);
  missing.send('42["message",1]');
  await missing.ended;
  const long = await connect();
  long.send(`459-["message",${placeholder(0)}]`);
  for (let i = 0; i < 5; i++) long.send(Buffer.alloc(900_000));
  await long.ended;
});

test("ends connections that join no namespace in time", async () => {
  const socket = await open();
  await socket.ended;
  assert.ok(socket.pings > 0);
});

test("leaves namespaces", async () => {
  const socket = await connect();
  socket.send("40/custom");
  await socket.next();
  await socket.next();
  socket.send("41/custom");
  socket.send('42["message","to the main namespace"]');
  assert.equal(await socket.next(), '42["message-back","to the main namespace"]');
  socket.send("41");
  const { pings } = socket;
  await until("a ping", () => socket.pings > pings);
  assert.deepEqual(socket.seen, []);
  socket.close();
});

test("takes events and acks as they are written", async () => {
  const socket = await connect();
  const cases = [
    ['42["message",1,"2",{"3":[true]}]', '42["message-back",1,"2",{"3":[true]}]'],
    ['42["message"]', '42["message-back"]'],
    ['42["mess\\u0061ge","\\"]}"]', '42["message-back","\\"]}"]'],
    ['42 [ "message" , [ 1 , 2 ] ] ', '42["message-back", [ 1 , 2 ]]'],
    ['42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]'],
    ['420["message-with-ack"]', "430[]"],
    ['421["unknown"]', '431[{"error":{"code":104,"message":"method not found"}}]'],
    ["422[7,1]", '432[{"error":{"code":104,"message":"method not found"}}]'],
    ['450-["message",1]', '42["message-back",1]'],
  ];
  for (const [sent, reply] of cases) {
    socket.send(sent);
    assert.equal(await socket.next(), reply, sent);
  }
  socket.close();
});

test("takes attachments both ways", async () => {
  const socket = await connect();
  const both = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];
  const cases = [
    [
      `452-["message",${placeholder(0)},${placeholder(1)}]`,
      `452-["message-back",${placeholder(0)},${placeholder(1)}]`,
    ],
    [
      `452-789["message-with-ack",${placeholder(0)},${placeholder(1)}]`,
      `462-789[${placeholder(0)},${placeholder(1)}]`,
    ],
  ];
  for (const [sent, reply] of cases) {
    socket.send(sent);
    for (const bytes of both) socket.send(bytes);
    assert.equal(await socket.next(), reply);
    assert.deepEqual([await socket.next(), await socket.next()], both);
  }
  socket.close();
});

test("sessions that nobody uses make room for others", async () => {
  const small = await Server.start([
    ["http-maxclients", "20"],
    ["sio-connect-timeout", "500"],
    ["io-threads", "2"],
  ]);
  const ask = async () => {
    const response = await fetch(`${small.origin}/socket.io/?EIO=4&transport=polling`);
    await response.text();
    return response.status;
  };
  const statuses = [];
  for (let i = 0; i < 25; i++) statuses.push(await ask());
  assert.deepEqual(statuses, [...Array(20).fill(200), ...Array(5).fill(503)]);
  await until("room", async () => (await ask()) === 200);
  await small.stop();
});
