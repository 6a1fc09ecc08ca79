// The checkbox demo in a real browser: two pages, and Redis clients that take part.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { Redis } from "ioredis";
import { chromium } from "playwright-core";

import { Server, until } from "./support/server.js";

const key = "demo:checkboxes";
const changes = "internal-server:checkbox:change";
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
// Screenshots go here if the variable is set.
const pictures = process.env.DUPLEX_PICTURES;

let server;
let redis;
let browser;
let profile;

before(async () => {
  server = await Server.start([
    ["appendonly", "yes"],
    ["demo", "yes"],
    ["channel", "client:checkbox:change", "pub=anon"],
    ["channel", changes, "sub=anon"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
  profile = await mkdtemp(path.join(tmpdir(), "duplex-chromium-"));
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: browsers.find(existsSync),
    headless: true,
    viewport: { width: 1280, height: 900 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(async () => {
  await browser?.close();
  redis?.disconnect();
  await server?.stop();
  if (profile) await rm(profile, { recursive: true, force: true });
});

const openDemo = async () => {
  const page = await browser.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(server.origin)) page.problems.push(request.url());
  });
  await page.goto(`${server.origin}/demo`);
  await live(page);
  return page;
};

const live = (page) => page.locator('#state[data-state="live"]').waitFor({ timeout: 20_000 });
const box = (page, index) => page.getByLabel(`Box ${index}`, { exact: true });
const becomes = (page, index, value) =>
  until(`box ${index}`, async () => (await box(page, index).isChecked()) === value);

test("shows every click on every page and to Redis clients, and keeps it", async () => {
  const one = await openDemo();
  const two = await openDemo();
  const subscriber = redis.duplicate();
  const heard = [];
  subscriber.on("message", (_, text) => heard.push(text));
  await subscriber.subscribe(changes);

  await box(one, 7).click();
  await becomes(two, 7, true);
  await until("the message", () => heard.length === 1);
  assert.deepEqual(JSON.parse(heard[0]), { index: 7, checked: true });
  await until("the bit", async () => (await redis.getbit(key, 7)) === 1);

  await box(two, 7).click();
  await becomes(one, 7, false);
  await until("the bit", async () => (await redis.getbit(key, 7)) === 0);

  await redis.publish(changes, '{"index":999,"checked":true}');
  await becomes(one, 999, true);
  await becomes(two, 999, true);
  await until("the bit", async () => (await redis.getbit(key, 999)) === 1);

  await redis.publish(changes, "nonsense");
  await redis.publish(changes, '{"index":1000,"checked":true}');
  await redis.publish(changes, '{"index":3,"checked":true}');
  await becomes(two, 3, true);

  await two.reload();
  await live(two);
  assert.equal(await box(two, 999).isChecked(), true);
  assert.equal(await box(two, 3).isChecked(), true);
  assert.equal(await box(two, 7).isChecked(), false);
  assert.equal(await two.locator("#checked").textContent(), "2");
  assert.deepEqual([...one.problems, ...two.problems], []);
  subscriber.disconnect();
  await one.close();
  await two.close();
});

test("can be used with the keyboard alone", async () => {
  const page = await openDemo();
  await box(page, 0).focus();
  for (const press of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "Space"])
    await page.keyboard.press(press);

  await until("the bit", async () => (await redis.getbit(key, 1)) === 1);
  await page.keyboard.press("End");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")),
    "Box 999");
  await page.close();
});

test("comes back after the server was killed, with everything it had shown", async () => {
  const page = await openDemo();
  await box(page, 500).click();
  await until("the bit", async () => (await redis.getbit(key, 500)) === 1);

  await server.restart("SIGKILL");
  await redis.ping();
  await redis.publish(changes, '{"index":501,"checked":true}');
  await until("both boxes", async () =>
    (await page.locator("#state").getAttribute("data-state")) === "live" &&
    (await box(page, 500).isChecked()) && (await box(page, 501).isChecked()), 20_000);
  await page.close();
});

test("fits a phone and a dark room", async () => {
  for (const [name, width, height, colorScheme] of
    [["desk", 1280, 900, "light"], ["dark", 1280, 900, "dark"], ["phone", 390, 844, "light"]]) {
    const page = await openDemo();
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    for (let i = 0; i < 1000; i += 7) await redis.publish(changes, `{"index":${i},"checked":true}`);
    await becomes(page, 994, true);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, name);
    if (pictures) await page.screenshot({ path: path.join(pictures, `demo-${name}.png`) });
    await page.goto(`${server.origin}/`);
    await page.locator('#state[data-state="live"]').waitFor();
    if (pictures) await page.screenshot({ path: path.join(pictures, `start-${name}.png`) });
    await page.close();
  }
});
