// A BullMQ worker that never gets done with its first job: node stuck_worker.js PORT QUEUE.
// It says "active ID" on its output when it has begun, and waits to be killed.

import { Worker } from "bullmq";

const [port, queue] = process.argv.slice(2);

new Worker(
  queue,
  (job) => {
    process.stdout.write(`active ${job.id}\n`);
    return new Promise(() => {});
  },
  { connection: { host: "127.0.0.1", port: Number(port) }, lockDuration: 500, stalledInterval: 100 },
);
