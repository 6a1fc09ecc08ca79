// Clients of Socket.IO with tokens, and what programs decide about them.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { Redis } from "ioredis";
import { io } from "socket.io-client";

import { Server, until } from "./support/server.js";

const secret = "a secret that is longer than thirty-two bytes";

let server;
let redis;
before(async () => {
  server = await Server.start([
    ["rt-token-hmac-secret", secret],
    ["channel", "known:*", "sub=jwt", "pub=sub"],
    ["io-threads", "4"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
});
after(async () => {
  redis?.disconnect();
  await server?.stop();
});

const seconds = () => Math.floor(Date.now() / 1000);

const token = (claims) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const head = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iat: seconds(), ...claims })}`;
  return `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
};

const connect = async (claims, options = {}) => {
  const socket = io(server.origin, {
    forceNew: true,
    reconnectionDelay: 10,
    auth: (answer) => answer({ token: token(claims) }),
    ...options,
  });
  socket.seen = [];
  socket.onAny((...event) => socket.seen.push(event));
  await Promise.race([
    once(socket, "connect"),
    once(socket, "connect_error").then(([error]) => Promise.reject(error)),
  ]);
  return socket;
};

const ask = (socket, ...event) => socket.timeout(5000).emitWithAck(...event);

test("a token names the user and opens channels", async () => {
  const socket = await connect({ sub: "42", channels: ["team"] });
  await redis.publish("user:42", '"for you"');
  await redis.publish("team", '"for all"');
  await until("both", () => socket.seen.length === 2);
  assert.deepEqual(socket.seen, [["user:42", "for you"], ["team", "for all"]]);
  assert.equal((await ask(socket, "rt:publish", "known:1", 1)).error.code, 103);
  assert.deepEqual(await ask(socket, "rt:join", "known:1"), { ok: true });
  assert.equal((await ask(socket, "rt:publish", "known:1", 1)).ok, true);
  await until("it", () => socket.seen.length === 3);
  socket.disconnect();
});

test("tokens that are not good are refused with a code", async () => {
  const cases = [
    [token({ sub: "1", exp: seconds() - 100 }), 109],
    [`${token({ sub: "1" })}x`, 3500],
    [undefined, 101],
    [7, 3500],
  ];
  for (const [wrong, code] of cases)
    await assert.rejects(connect({}, { auth: { token: wrong } }), (error) => {
      assert.deepEqual(error.data, { code });
      return true;
    });
});

test("a client whose token runs out comes back with a new one", async () => {
  const socket = await connect({ sub: "short", exp: seconds() + 1 });
  const { id } = socket;
  const [reason] = await once(socket, "disconnect");
  assert.equal(reason, "transport close");
  socket.auth = { token: token({ sub: "short" }) };
  await once(socket, "connect");
  assert.notEqual(socket.id, id);
  socket.disconnect();
});

test("programs disconnect clients, for a moment or for good", async () => {
  const socket = await connect({ sub: "7" });
  const other = await connect({ sub: "7" });
  assert.equal(await redis.call("RT.DISCONNECT", "CLIENT", socket.id, "3001"), 1);
  const [reason] = await once(socket, "disconnect");
  assert.equal(reason, "transport close");
  await once(socket, "connect");
  const ends = [socket, other].map((each) => once(each, "disconnect"));
  assert.equal(await redis.call("RT.DISCONNECT", "USER", "7"), 2);
  for (const [end] of await Promise.all(ends)) assert.equal(end, "io server disconnect");
  assert.equal(other.connected, false);
});

test("programs let users join and leave rooms", async () => {
  const socket = await connect({ sub: "8" });
  assert.equal(await redis.call("RT.SUBSCRIBE", "8", "secret"), 1);
  await until("the room", async () => (await redis.publish("secret", "1")) === 1);
  await until("the event", () => socket.seen.length > 0);
  assert.deepEqual(socket.seen[0], ["secret", 1]);
  assert.equal(await redis.call("RT.UNSUBSCRIBE", "8", "secret"), 1);
  await until("the end", async () => (await redis.publish("secret", "2")) === 0);
  socket.disconnect();
});

test("a revoked token ends its connections and opens none", async () => {
  const old = token({ sub: "9", jti: "stolen" });
  const socket = await connect({}, { auth: { token: old } });
  await redis.call("RT.REVOKE", "TOKEN", "stolen");
  await once(socket, "disconnect");
  const [error] = await once(socket, "connect_error");
  assert.deepEqual(error.data, { code: 3500 });
  socket.disconnect();
});
