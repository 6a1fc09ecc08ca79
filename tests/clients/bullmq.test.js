// BullMQ, as it comes from npm: the queue whose scripts use keys that they did not declare.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";

import { Server, until } from "./support/server.js";

const stuckWorker = fileURLToPath(new URL("support/stuck_worker.js", import.meta.url));

for (const threads of [1, 4]) {
  describe(`io-threads ${threads}`, () => {
    let server;
    let connection;
    let name;
    let queue;
    let events;
    let opened;
    let problems;
    let count = 0;

    before(async () => {
      server = await Server.start([["io-threads", `${threads}`]]);
      connection = { host: "127.0.0.1", port: server.port };
    });
    after(() => server?.stop());

    // What happens to jobs is heard from the stream of events, by name of the event.
    beforeEach(async () => {
      name = `queue${++count}`;
      opened = [];
      problems = [];
      queue = keep(new Queue(name, { connection }));
      events = keep(new QueueEvents(name, { connection, lastEventId: "0-0" }));
      await events.waitUntilReady();
    });
    // Queues end after those that use them.
    afterEach(async () => {
      for (const each of opened.reverse()) await each.close();
      assert.deepEqual(problems, []);
    });

    const keep = (closable) => {
      closable.setMaxListeners(0);
      closable.on("error", (error) => problems.push(error));
      opened.push(closable);
      return closable;
    };
    const work = (processor, options = {}) =>
      keep(new Worker(name, processor, { connection, drainDelay: 1, ...options }));
    const finished = (job) => job.waitUntilFinished(events, 20_000);
    const heard = (event) => {
      const list = [];
      events.on(event, (args) => list.push(args));
      return list;
    };

    test("does jobs in order, and keeps what they return", async () => {
      const seen = [];
      const jobs = await queue.addBulk(Array.from({ length: 200 }, (_, i) => ({
        name: "add", data: { i, text: "äöü\u0000\r\n", nested: [null, true, 1.5, { big: 2 ** 45 }] },
      })));
      work(async (job) => {
        seen.push(job.data.i);
        return { sum: job.data.i + 1, data: job.data };
      });

      assert.deepEqual(await finished(jobs.at(-1)), { sum: 200, data: jobs.at(-1).data });
      assert.deepEqual(seen, Array.from({ length: 200 }, (_, i) => i));
      assert.deepEqual(await queue.getJobCounts("completed", "wait", "active", "failed"),
        { completed: 200, wait: 0, active: 0, failed: 0 });
      assert.deepEqual((await queue.getJob(jobs[7].id)).returnvalue.sum, 8);
    });

    test("shares the jobs among workers, each once", async () => {
      const seen = [];
      const jobs = await queue.addBulk(
        Array.from({ length: 300 }, (_, i) => ({ name: "one", data: i })));
      for (let i = 0; i < 4; ++i) work(async (job) => seen.push(job.data), { concurrency: 5 });
      await Promise.all(jobs.map(finished));

      assert.deepEqual(seen.sort((a, b) => a - b), Array.from({ length: 300 }, (_, i) => i));
      assert.equal((await queue.getWorkers()).length, 4);
    });

    test("delays a job, and no longer than that", async () => {
      const delayed = heard("delayed");
      const late = await queue.add("late", {}, { delay: 300 });
      const soon = await queue.add("soon", {});
      const order = [];
      work(async (job) => {
        order.push(job.name);
        return Date.now();
      });

      assert.equal(await late.getState(), "delayed");
      const [begun] = await Promise.all([finished(late), finished(soon)]);

      assert.deepEqual(order, ["soon", "late"]);
      assert.ok(begun >= late.timestamp + 300, `${begun - late.timestamp} ms`);
      assert.equal(delayed.length, 1);
      assert.equal(delayed[0].jobId, late.id);
    });

    test("lets a delayed job be promoted and changed", async () => {
      const job = await queue.add("far", {}, { delay: 3_600_000 });
      const other = await queue.add("farther", {}, { delay: 3_600_000 });
      work(async () => "done");
      await other.changeDelay(10);
      await job.promote();

      assert.deepEqual(await Promise.all([finished(job), finished(other)]), ["done", "done"]);
    });

    test("does urgent jobs first", async () => {
      const order = [];
      await queue.pause();
      const jobs = [];
      for (const priority of [5, 1, 2_000_000, 3, 1, 0])
        jobs.push(await queue.add("p", { priority }, { priority }));
      await jobs[3].changePriority({ priority: 2 });
      assert.deepEqual(await queue.getCountsPerPriority([1, 2, 3, 5, 2_000_000]),
        { 1: 2, 2: 1, 3: 0, 5: 1, 2000000: 1 });
      work(async (job) => order.push(job.id));
      await queue.resume();
      await Promise.all(jobs.map(finished));

      assert.deepEqual(order, [5, 1, 4, 3, 0, 2].map((i) => jobs[i].id));
    });

    test("tries again after a backoff, and fails in the end", async () => {
      const failed = heard("failed");
      const times = [];
      work(async (job) => {
        times.push(Date.now());
        if (job.name === "hopeless" || job.attemptsMade < 2) throw new Error(`no ${job.name}`);
        return job.attemptsMade;
      });

      const job = await queue.add("hard", {},
        { attempts: 3, backoff: { type: "exponential", delay: 50 } });
      assert.equal(await finished(job), 2);
      assert.ok(times[1] - times[0] >= 50 && times[2] - times[1] >= 100, `${times}`);

      const hopeless = await queue.add("hopeless", {},
        { attempts: 2, backoff: { type: "fixed", delay: 10 } });
      await assert.rejects(finished(hopeless), /no hopeless/);
      assert.equal(times.length, 5);
      await until("the event", () => failed.length === 1);
      assert.equal(failed[0].failedReason, "no hopeless");
      const [kept] = await queue.getFailed();
      assert.equal(kept.id, hopeless.id);
      assert.equal(kept.stacktrace.length, 2);
      await kept.retry("failed");
      await assert.rejects(finished(hopeless), /no hopeless/);
    });

    test("repeats a job by its scheduler", async () => {
      const runs = [];
      work(async (job) => runs.push(job.data.n));
      await queue.upsertJobScheduler("often", { every: 40 }, { name: "tick", data: { n: 1 } });
      await until("three runs", () => runs.length >= 3);
      await queue.upsertJobScheduler("often", { every: 30 }, { name: "tick", data: { n: 2 } });
      await until("runs with the new data", () => runs.filter((n) => n === 2).length >= 2);
      await queue.upsertJobScheduler("nightly", { pattern: "0 0 3 * * *" }, { name: "night" });

      const schedulers = await queue.getJobSchedulers();
      assert.deepEqual(schedulers.map(({ key }) => key).sort(), ["nightly", "often"]);
      assert.ok((await queue.getJobScheduler("nightly")).next > Date.now());
      assert.equal(await queue.removeJobScheduler("often"), true);
      assert.equal(await queue.removeJobScheduler("nightly"), true);
      assert.equal(await queue.getJobSchedulersCount(), 0);
    });

    test("does the children of a flow before the parent", async () => {
      const order = [];
      const flow = keep(new FlowProducer({ connection }));
      const leaf = (n) => ({ name: "leaf", queueName: name, data: { n } });
      work(async (job) => {
        order.push(job.name);
        if (job.name === "leaf") return job.data.n;
        const values = Object.values(await job.getChildrenValues());
        return values.reduce((sum, value) => sum + value, 0);
      }, { concurrency: 3 });
      const tree = await flow.add({
        name: "root",
        queueName: name,
        children: [
          leaf(1),
          { name: "middle", queueName: name, children: [leaf(10), leaf(20), leaf(30)] },
          { ...leaf(100), opts: { delay: 50 } },
        ],
      });

      assert.equal(await finished(tree.job), 161);
      assert.equal(order.at(-1), "root");
      assert.ok(order.indexOf("middle") > order.indexOf("leaf"));
      assert.equal(order.length, 7);
      const { processed } = await tree.job.getDependencies();
      assert.deepEqual(Object.values(processed).sort(), [1, 100, 60]);
      assert.equal((await flow.getFlow({ id: tree.job.id, queueName: name })).children.length, 3);
    });

    test("fails the parent whose child failed for good", async () => {
      const flow = keep(new FlowProducer({ connection }));
      work(async (job) => {
        if (job.name === "bad") throw new Error("broken child");
      });
      const tree = await flow.add({
        name: "root",
        queueName: name,
        children: [{ name: "bad", queueName: name, opts: { failParentOnFailure: true } }],
      });

      await assert.rejects(finished(tree.job), /child .* failed/);
    });

    test("gives the job of a killed worker to another one", async () => {
      const stalled = heard("stalled");
      const job = await queue.add("survivor", { n: 1 });
      const victim = spawn(process.execPath, [stuckWorker, `${server.port}`, name],
        { stdio: ["ignore", "pipe", "inherit"] });
      const [text] = await once(victim.stdout, "data");
      assert.equal(`${text}`, `active ${job.id}\n`);
      victim.kill("SIGKILL");
      await once(victim, "exit");
      assert.equal(await job.getState(), "active");

      const worker = work(async ({ id }) => `done ${id}`, { stalledInterval: 100 });
      const found = once(worker, "stalled");
      assert.equal(await finished(job), `done ${job.id}`);
      assert.equal((await found)[0], job.id);
      await until("the event", () => stalled.length === 1);
      assert.equal((await queue.getJob(job.id)).stalledCounter, 1);
    });

    test("keeps to a rate", async () => {
      const times = [];
      work(async () => times.push(Date.now()),
        { limiter: { max: 2, duration: 150 }, concurrency: 10 });
      const jobs = await queue.addBulk(Array.from({ length: 7 }, () => ({ name: "rare" })));
      await Promise.all(jobs.map(finished));

      assert.equal(times.length, 7);
      assert.ok(times[6] - times[0] >= 3 * 150 - 20, `${times.map((t) => t - times[0])}`);
    });

    test("pauses and goes on, as a queue and as a worker", async () => {
      const paused = heard("paused");
      const resumed = heard("resumed");
      const seen = [];
      const worker = work(async (job) => seen.push(job.name));
      await queue.pause();
      const job = await queue.add("waits", {});
      assert.equal(await queue.isPaused(), true);
      assert.equal(await queue.getWaitingCount(), 1);
      await until("the event", () => paused.length === 1);
      assert.deepEqual(seen, []);
      await queue.resume();
      await finished(job);
      assert.equal(resumed.length, 1);

      await worker.pause();
      const second = await queue.add("waits too", {});
      assert.equal(await second.getState(), "waiting");
      worker.resume();
      await finished(second);
      assert.deepEqual(seen, ["waits", "waits too"]);
    });

    test("tells every step of a job as an event", async () => {
      const told = [];
      for (const event of ["added", "waiting", "active", "progress", "completed", "drained"])
        events.on(event, (args) => told.push([event, args.jobId ?? args.data]));
      const progress = heard("progress");
      work(async (job) => {
        await job.updateProgress({ percent: 50 });
        await job.log("halfway");
        return "end";
      });
      const job = await queue.add("steps", {});
      await finished(job);
      await until("the last event", () => told.some(([event]) => event === "drained"));

      assert.deepEqual(told.filter(([, id]) => id === job.id).map(([event]) => event),
        ["added", "waiting", "active", "progress", "completed"]);
      assert.deepEqual(progress[0].data, { percent: 50 });
      assert.deepEqual(await queue.getJobLogs(job.id), { logs: ["halfway"], count: 1 });
    });

    test("adds a job once for its id, and once while it is the same", async () => {
      const deduplicated = heard("deduplicated");
      await queue.pause();
      await queue.add("a", { n: 1 }, { jobId: "fixed" });
      await queue.add("a", { n: 2 }, { jobId: "fixed" });
      const first = await queue.add("b", {}, { deduplication: { id: "same" } });
      await queue.add("b", {}, { deduplication: { id: "same" } });
      assert.equal(await queue.getWaitingCount(), 2);
      await until("the event", () => deduplicated.length === 1);
      assert.equal(deduplicated[0].jobId, first.id);
      assert.deepEqual((await queue.getJob("fixed")).data, { n: 1 });
    });

    test("forgets old jobs, and everything when asked to", async () => {
      work(async () => "x", { removeOnComplete: { count: 5 } });
      const jobs = await queue.addBulk(Array.from({ length: 50 }, () => ({ name: "many" })));
      await Promise.all(jobs.map(finished).map((each) => each.catch(() => {})));
      await until("the last one", async () => (await queue.getCompletedCount()) === 5
        && (await queue.getWaitingCount()) === 0 && (await queue.getActiveCount()) === 0);
      assert.equal((await queue.clean(0, 3, "completed")).length, 3);
      await queue.pause();
      await queue.addBulk(Array.from({ length: 2000 }, (_, i) => ({ name: "more", data: i })));
      await queue.drain();
      assert.equal(await queue.getWaitingCount(), 0);
      await queue.obliterate({ force: true });

      const redis = new Redis(server.port, "127.0.0.1");
      const left = await redis.keys(`bull:${name}:*`);
      redis.disconnect();
      assert.ok(left.every((key) => /:(stalled-check|meta|events)$/.test(key)), `${left}`);
    });
  });
}
