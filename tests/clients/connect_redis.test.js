// express-session with connect-redis, as they come from npm: sessions of browsers kept in the server.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { RedisStore } from "connect-redis";
import session from "express-session";
import { createClient } from "redis";

import { Server } from "./support/server.js";

let server;
let redis;
let store;
let web;

before(async () => {
  server = await Server.start([["appendonly", "yes"]]);
  redis = await createClient({ socket: { host: "127.0.0.1", port: server.port } })
    .on("error", () => {}).connect();
  store = new RedisStore({ client: redis, prefix: "app:", ttl: 3600, scanCount: 10 });
  const withSession = session({ store, secret: "salt", resave: false, saveUninitialized: false });
  web = http.createServer((request, response) => {
    request.originalUrl = request.url;
    withSession(request, response, (error) => {
      if (error) return response.writeHead(500).end(`${error}`);
      answer(request, response);
    });
  });
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
});
after(async () => {
  web?.closeAllConnections();
  web?.close();
  redis?.destroy();
  await server?.stop();
});
beforeEach(() => redis.flushAll());

const answer = (request, response) => {
  if (request.url === "/logout")
    return request.session.destroy((error) => response.end(error ? `${error}` : "bye"));
  if (request.url === "/login")
    return request.session.regenerate(() => {
      request.session.user = "Zoë";
      response.end("welcome");
    });
  if (request.url === "/count") request.session.views = (request.session.views ?? 0) + 1;
  response.end(JSON.stringify({ views: request.session.views, user: request.session.user }));
};

// A browser with one cookie.
class Visitor {
  async get(address) {
    const response = await fetch(`http://127.0.0.1:${web.address().port}${address}`,
      { headers: this.cookie ? { cookie: this.cookie } : {} });
    assert.equal(response.status, 200);
    const given = response.headers.get("set-cookie");
    if (given) this.cookie = given.split(";")[0];
    return response.text();
  }
}

test("remembers a visitor, and keeps visitors apart", async () => {
  const [one, two] = [new Visitor(), new Visitor()];
  for (let views = 1; views <= 3; ++views)
    assert.equal(JSON.parse(await one.get("/count")).views, views);
  assert.equal(JSON.parse(await two.get("/count")).views, 1);

  const keys = await redis.keys("app:*");
  assert.equal(keys.length, 2);
  for (const key of keys) assert.ok((await redis.ttl(key)) > 3500);
});

test("stores nothing for those who left nothing", async () => {
  await new Visitor().get("/");
  assert.equal(await redis.dbSize(), 0);
});

test("gives a new session at login and forgets it at logout", async () => {
  const visitor = new Visitor();
  await visitor.get("/count");
  const before = visitor.cookie;
  await visitor.get("/login");
  assert.notEqual(visitor.cookie, before);
  assert.deepEqual(JSON.parse(await visitor.get("/")), { user: "Zoë" });
  assert.equal(await redis.dbSize(), 1);

  assert.equal(await visitor.get("/logout"), "bye");
  assert.equal(await redis.dbSize(), 0);
  assert.deepEqual(JSON.parse(await visitor.get("/")), {});
});

test("lengthens the life of a session that is only read", async () => {
  const visitor = new Visitor();
  await visitor.get("/count");
  const [key] = await redis.keys("app:*");
  await redis.expire(key, 100);
  await visitor.get("/");
  assert.ok((await redis.ttl(key)) > 3500);
});

test("lists, counts and clears hundreds of sessions", async () => {
  await Promise.all(Array.from({ length: 300 }, () => new Visitor().get("/count")));
  await redis.set("else", "untouched");

  assert.equal(await store.length(), 300);
  assert.equal(new Set(await store.ids()).size, 300);
  assert.ok((await store.all()).every(({ views, id }) => views === 1 && id));
  await store.clear();
  assert.equal(await store.length(), 0);
  assert.equal(await redis.get("else"), "untouched");
});

test("finds the sessions again after the server was killed", async () => {
  const visitor = new Visitor();
  await visitor.get("/count");
  await server.restart("SIGKILL");
  assert.equal(JSON.parse(await visitor.get("/count")).views, 2);
});
