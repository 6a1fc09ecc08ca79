// Starts the server under test on free ports of 127.0.0.1, in a directory of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const startMsMax = 30_000;
const stopMsMax = 20_000;

// Below the ports that the system gives to clients: one of those would take it while a server is
// being started again.
export const freePort = async () => {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 20000);
    const probe = net.createServer().listen(port, "127.0.0.1");
    const isFree = await Promise.race([
      once(probe, "listening").then(() => true),
      once(probe, "error").then(() => false),
    ]).catch(() => false);
    if (!isFree) continue;
    probe.close();
    await once(probe, "close");
    return port;
  }
};

const answers = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.end("PING\r\n"));
    socket.on("data", (bytes) => resolve(bytes.toString().startsWith("+PONG")));
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
  });

export class Server {
  // `directives`: further ones, each a list of words.
  static async start(directives = []) {
    const binary = process.env.DUPLEX_SERVER;
    if (!binary) throw new Error("DUPLEX_SERVER names the server to test");
    const server = new Server();
    server.binary = binary;
    server.dir = await mkdtemp(path.join(tmpdir(), "duplex-clients-"));
    server.port = await freePort();
    server.httpPort = await freePort();
    server.directives = directives;
    await server.run();
    return server;
  }

  async run() {
    const directives = [
      ["port", `${this.port}`],
      ["bind", "127.0.0.1"],
      ["http-port", `${this.httpPort}`],
      ["http-bind", "127.0.0.1"],
      ["dir", this.dir],
      ["logfile", path.join(this.dir, "server.log")],
      ...this.directives,
    ];
    const args = directives.flatMap(([name, ...words]) => [`--${name}`, ...words]);
    this.process = spawn(this.binary, args, { stdio: "ignore", cwd: this.dir });
    this.ended = once(this.process, "exit");
    const deadline = Date.now() + startMsMax;
    while (!(await answers(this.port))) {
      if (this.process.exitCode !== null || Date.now() > deadline)
        throw new Error(`the server did not start\n${await this.log()}`);
      await sleep(20);
    }
  }

  get origin() {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  webSocketUrl(address) {
    return `ws://127.0.0.1:${this.httpPort}${address}`;
  }

  log() {
    return readFile(path.join(this.dir, "server.log"), "utf8").catch(() => "(no log)");
  }

  async end(signal) {
    const timer = setTimeout(() => this.process.kill("SIGKILL"), stopMsMax);
    this.process.kill(signal);
    const [code] = await this.ended;
    clearTimeout(timer);
    return code;
  }

  async restart(signal = "SIGTERM") {
    await this.end(signal);
    await this.run();
  }

  async stop() {
    const code = await this.end("SIGTERM");
    await rm(this.dir, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the server ended with ${code}`);
  }
}

// Waits until the function returns something true, and returns that.
export const until = async (what, condition, msMax = 10_000) => {
  const deadline = Date.now() + msMax;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(10);
  }
};
