// Socket.IO servers of Node.js that share a Redis server with the one under test.

import { once } from "node:events";
import { createServer } from "node:http";

import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { Server as SocketIoServer } from "socket.io";
import { io } from "socket.io-client";

import { until } from "./server.js";

// What makes an adapter of two Redis clients, by its name.
export const adapters = {
  classic: (pub, sub) => createAdapter(pub, sub),
  "classic with node-redis": (pub, sub) => createAdapter(pub, sub),
  "classic, specific channels": (pub, sub) =>
    createAdapter(pub, sub, { publishOnSpecificResponseChannel: true }),
  sharded: (pub, sub) => createShardedAdapter(pub, sub),
};

// "sharded" and "classic with node-redis" speak through the package `redis`, the others through
// ioredis.
const redisClients = async (name, port) => {
  if (name !== "sharded" && name !== "classic with node-redis") {
    const pub = new Redis(port, "127.0.0.1");
    const sub = pub.duplicate();
    return { pub, sub, end: () => [pub, sub].forEach((each) => each.disconnect()) };
  }
  const pub = createClient({ url: `redis://127.0.0.1:${port}` });
  const sub = pub.duplicate();
  await Promise.all([pub.connect(), sub.connect()]);
  return { pub, sub, end: () => Promise.all([pub, sub].map((each) => each.close())) };
};

export class NodeServer {
  static async start(adapterName, redisPort) {
    const node = new NodeServer();
    node.clients = await redisClients(adapterName, redisPort);
    node.http = createServer().listen(0, "127.0.0.1");
    await once(node.http, "listening");
    node.origin = `http://127.0.0.1:${node.http.address().port}`;
    node.io = new SocketIoServer(node.http, {
      adapter: adapters[adapterName](node.clients.pub, node.clients.sub),
    });
    return node;
  }

  async stop() {
    await this.io.close();
    await this.clients.end();
  }
}

// A client with the list of the events it has got.
export const connect = async (origin, options = {}) => {
  const socket = io(origin, { forceNew: true, transports: ["websocket"], ...options });
  socket.seen = [];
  socket.onAny((...event) => socket.seen.push(event));
  await Promise.race([
    once(socket, "connect"),
    once(socket, "connect_error").then(([error]) => Promise.reject(error)),
  ]);
  return socket;
};

// What each of them has got, once all have got that many, taken away.
export const take = async (sockets, count = 1) => {
  await until(`${count} events for each`, () =>
    sockets.every((socket) => socket.seen.length >= count));
  return sockets.map((socket) => socket.seen.splice(0));
};
