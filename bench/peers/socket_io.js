// socket_io.js PORT REDIS_PORT: a Socket.IO server on Node with the Redis adapter, as teams run it.
// Every socket joins the room `c`. Run from tests/clients, where the packages are.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/package.json");
const { Server } = require("socket.io");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");

const [port, redisPort] = process.argv.slice(2).map(Number);
const publisher = createClient({ url: `redis://127.0.0.1:${redisPort}` });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);
const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, subscriber) });
io.on("connection", (socket) => socket.join("c"));
http.listen(port, "127.0.0.1", () => console.log("ready"));
