// The dashboard in a real browser: what everybody sees, and what the admin token opens.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { Redis } from "ioredis";
import { chromium } from "playwright-core";

import { Server, until } from "./support/server.js";

const token = "token-of-the-operator";
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
// Screenshots go here if the variable is set.
const pictures = process.env.DUPLEX_PICTURES;
const views = ["overview", "keys", "channels", "connections", "slowlog", "server"];

let server;
let redis;
let browser;

before(async () => {
  server = await Server.start([["admin-token", token], ["appendonly", "yes"]]);
  redis = new Redis(server.port, "127.0.0.1", { connectionName: "someone" });
  await redis.hset("user:1", { name: "Ada", visits: 7 });
  await redis.set("text", "hello");
  await redis.rpush("list", "a", "b");
  await redis.sadd("set", "m");
  await redis.zadd("board", 1.5, "p");
  await redis.xadd("log", "*", "event", "login");
  browser = await chromium.launch({
    executablePath: browsers.find(existsSync),
    args: ["--no-sandbox", "--disable-gpu"],
  });
});

after(async () => {
  await browser.close();
  redis.disconnect();
  await server.stop();
});

const openPage = async (options = {}) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, ...options });
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  await page.goto(`${server.origin}/`);
  await page.locator('#state[data-state="live"]').waitFor();
  return page;
};

const unlock = async (page) => {
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByLabel("Admin token", { exact: true }).last().fill(token);
  await page.locator("#unlock-form").getByRole("button", { name: "Unlock" }).click();
  await page.getByRole("button", { name: "Lock", exact: true }).waitFor();
};

const visit = async (page, view) => {
  await page.locator(`nav a[href="#${view}"]`).click();
  await page.locator(`nav a[href="#${view}"][aria-current]`).waitFor();
};

test("shows counters to everybody and keeps the rest closed", async () => {
  const page = await openPage();
  await page.locator(".tile", { hasText: "Keys" }).getByText("6").waitFor();
  await visit(page, "keys");
  await page.getByText("This needs the admin token").waitFor();
  assert.equal((await fetch(`${server.origin}/admin/command`, { method: "POST", body: "[]" })).status,
    401);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("refuses a wrong token", async () => {
  const page = await openPage();
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByLabel("Admin token", { exact: true }).last().fill("wrong");
  await page.locator("#unlock-form").getByRole("button", { name: "Unlock" }).click();
  await page.getByText("the key is missing or wrong").waitFor();
  await page.close();
});

test("finds keys and changes values of every type", async () => {
  const page = await openPage();
  await unlock(page);
  await visit(page, "keys");
  await page.getByLabel("Pattern").fill("user");
  await page.getByText("1 key", { exact: true }).waitFor();
  await page.locator(".key-list button", { hasText: "user:1" }).click();
  await page.getByRole("button", { name: "Ada" }).click();
  await page.getByLabel("Value", { exact: true }).first().fill("Grace");
  await page.keyboard.press("Enter");
  await until("the field", async () => (await redis.hget("user:1", "name")) === "Grace");

  await page.getByLabel("Pattern").fill("text");
  await page.locator(".key-list button", { hasText: "text" }).click();
  await page.locator(".key-detail textarea").fill("changed");
  await page.getByRole("button", { name: "Save" }).click();
  await until("the text", async () => (await redis.get("text")) === "changed");

  for (const [key, label, value, check] of [
    ["list", "Value", "c", async () => (await redis.lindex("list", -1)) === "c"],
    ["set", "Member", "n", async () => (await redis.sismember("set", "n")) === 1]]) {
    await page.getByLabel("Pattern").fill(key);
    await page.locator(".key-list button", { hasText: key }).first().click();
    await page.locator(".key-detail h2", { hasText: key }).waitFor();
    await page.locator(".key-detail form").getByLabel(label).fill(value);
    await page.locator(".key-detail form button").click();
    await until(key, check);
  }
  for (const key of ["board", "log"]) {
    await page.getByLabel("Pattern").fill(key);
    await page.locator(".key-list button", { hasText: key }).first().click();
    await page.locator(".key-detail h2", { hasText: key }).waitFor();
    await page.locator(".key-detail tbody tr").first().waitFor();
  }
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("listens to channels and publishes", async () => {
  const subscriber = new Redis(server.port, "127.0.0.1");
  await subscriber.subscribe("news");
  const page = await openPage();
  await unlock(page);
  await visit(page, "channels");
  await page.locator(".key-list button", { hasText: "news" }).click();
  await until("the stream", async () => (await redis.pubsub("NUMSUB", "news"))[1] === 2);
  const heard = new Promise((resolve) => subscriber.once("message", (_, text) => resolve(text)));
  await page.getByLabel("Message", { exact: true }).fill('{"n":1}');
  await page.getByRole("button", { name: "Publish" }).click();
  await page.locator(".messages li", { hasText: '{"n":1}' }).waitFor();
  assert.equal(await heard, '{"n":1}');
  subscriber.disconnect();
  await page.close();
});

test("ends connections", async () => {
  const victim = new Redis(server.port, "127.0.0.1", { connectionName: "victim", retryStrategy: null });
  await victim.ping();
  const ended = new Promise((resolve) => victim.once("end", resolve));
  victim.on("error", () => {});
  const page = await openPage();
  page.on("dialog", (dialog) => dialog.accept());
  await unlock(page);
  await visit(page, "connections");
  await page.locator("tr", { hasText: "victim" }).getByRole("button", { name: "End" }).click();
  await ended;
  await page.close();
});

test("fits a phone and a dark room", async () => {
  for (const [name, width, height, colorScheme] of
    [["desk", 1280, 860, "light"], ["dark", 1280, 860, "dark"], ["phone", 390, 844, "light"]]) {
    const page = await openPage({ viewport: { width, height }, colorScheme });
    await unlock(page);
    for (const view of views) {
      await visit(page, view);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(overflow, 0, `${name} ${view}`);
      if (pictures)
        await page.screenshot({ path: path.join(pictures, `dashboard-${name}-${view}.png`) });
    }
    assert.deepEqual(page.problems, []);
    await page.close();
  }
});
