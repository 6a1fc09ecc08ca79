// Socket.IO servers of Node.js with each of the Redis adapters beside the server under test: events,
// acks and commands both ways.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";

import { Emitter } from "@socket.io/redis-emitter";
import { Redis } from "ioredis";

import { Server, until } from "./support/server.js";
import { adapters, connect, NodeServer, take } from "./support/socket_io_cluster.js";

const bytes = (value) => [...new Uint8Array(value)];

let server;
let redis;
before(async () => {
  server = await Server.start([
    ["io-threads", "4"],
    ["channel", "open:*", "sub=anon", "pub=anon"],
    ["sio-namespace", "/", "/chat"],
    ["sio-route", "/", "say", "emit", "said"],
    ["sio-route", "/", "whisper", "emit", "whispered", "to", "$.room"],
  ]);
  redis = new Redis(server.port, "127.0.0.1");
});
after(async () => {
  redis?.disconnect();
  await server?.stop();
});

describe("the emitter", () => {
  let ours;
  let emitter;
  before(async () => {
    ours = await Promise.all(Array.from({ length: 4 }, () => connect(server.origin)));
    emitter = new Emitter(redis);
  });
  after(() => ours?.forEach((socket) => socket.disconnect()));

  test("reaches all sockets, rooms, and all but some", async () => {
    emitter.emit("all", { index: 7, checked: true }, "x", [1, null]);
    for (const seen of await take(ours))
      assert.deepEqual(seen, [["all", { index: 7, checked: true }, "x", [1, null]]]);

    emitter.in(ours[0].id).socketsJoin(["a", "b"]);
    emitter.in(ours[1].id).socketsJoin("a");
    emitter.to("a").emit("to a", 1);
    emitter.to("a").to("b").emit("to both", 2);
    emitter.to("a").except("b").emit("not b", 3);
    emitter.except("a").emit("not a", 4);
    emitter.to(ours[3].id).emit("one", 5);
    emitter.volatile.emit("last", 6);
    await until("the last", () => ours.every((socket) => socket.seen.at(-1)?.[0] === "last"));
    const names = ours.map((socket) => socket.seen.splice(0).map(([name]) => name));
    assert.deepEqual(names, [
      ["to a", "to both", "last"],
      ["to a", "to both", "not b", "last"],
      ["not a", "last"],
      ["not a", "one", "last"],
    ]);
  });

  test("sends binary and dates", async () => {
    emitter.emit("bin", Buffer.from([1, 2, 3]), { deep: Buffer.from([255]) }, new Date(1e12));
    for (const [[name, first, second, date]] of await take(ours)) {
      assert.equal(name, "bin");
      assert.deepEqual(bytes(first), [1, 2, 3]);
      assert.deepEqual(bytes(second.deep), [255]);
      assert.equal(date, "2001-09-09T01:46:40.000Z");
    }
  });

  test("lets sockets leave and disconnects them", async () => {
    emitter.in(ours[0].id).socketsJoin("c");
    emitter.in("c").socketsLeave(["c", "nothing"]);
    emitter.to("c").emit("nobody");
    emitter.emit("all");
    assert.deepEqual((await take(ours)).map((seen) => seen[0][0]), ["all", "all", "all", "all"]);
    const gone = once(ours[3], "disconnect");
    emitter.in(ours[3].id).disconnectSockets();
    assert.equal((await gone)[0], "io server disconnect");
    const lost = once(ours[2], "disconnect");
    ours[2].io.reconnection(false);
    emitter.in(ours[2].id).disconnectSockets(true);
    assert.match((await lost)[0], /transport close|io server disconnect/);
  });

  test("serves namespaces apart", async () => {
    const chat = await connect(`${server.origin}/chat`);
    emitter.of("/chat").emit("chat");
    assert.deepEqual(await take([chat]), [[["chat"]]]);
    emitter.of("/chat").in(chat.id).socketsJoin("room");
    emitter.to("room").emit("elsewhere");
    emitter.of("/chat").to("room").emit("here");
    assert.deepEqual(await take([chat]), [[["here"]]]);
    chat.disconnect();
  });
});

for (const name of Object.keys(adapters)) {
  describe(`the adapter: ${name}`, () => {
    let node;
    let ours;
    let theirs;
    before(async () => {
      ours = await Promise.all(
        Array.from({ length: 4 }, (_, i) => connect(server.origin, { auth: { who: i } })));
      node = await NodeServer.start(name, server.port);
      theirs = await connect(node.origin);
      // Adapters subscribe and read in the background.
      await until("the adapter", async () => {
        node.io.emit("ready");
        const [socket] = ours;
        return socket.seen.splice(0).length > 0;
      });
      await until("both are one cluster", async () => {
        const sockets = await node.io.fetchSockets();
        return sockets.length === 5;
      });
      node.io.emit("begin");
      await until("the beginning", () =>
        [...ours, theirs].every((socket) => socket.seen.at(-1)?.[0] === "begin"));
      [...ours, theirs].forEach((socket) => socket.seen.splice(0));
    });
    after(async () => {
      [...(ours ?? []), theirs].forEach((socket) => socket?.disconnect());
      await node?.stop();
    });

    test("its events reach our sockets", async () => {
      node.io.emit("all", 1, Buffer.from([9, 8]));
      for (const [[event, one, two]] of await take([...ours, theirs])) {
        assert.deepEqual([event, one], ["all", 1]);
        assert.deepEqual(bytes(two), [9, 8]);
      }
      node.io.in(ours[0].id).socketsJoin("room");
      node.io.in(ours[1].id).socketsJoin(["room", "other"]);
      await until("the rooms", async () => {
        const inRoom = await node.io.in("room").fetchSockets();
        return inRoom.length === 2;
      });
      node.io.to("room").emit("to the room", 2);
      node.io.to("room").except("other").emit("but not the other", 3);
      node.io.volatile.emit("end");
      await take([ours[2]]);
      await until("the end", () => ours.every((socket) =>
        socket === ours[2] || socket.seen.at(-1)?.[0] === "end"));
      assert.deepEqual(ours[0].seen.splice(0).map(([event]) => event),
        ["to the room", "but not the other", "end"]);
      assert.deepEqual(ours[1].seen.splice(0).map(([event]) => event), ["to the room", "end"]);
      assert.deepEqual(ours[3].seen.splice(0).map(([event]) => event), ["end"]);
      theirs.seen.splice(0);
      node.io.in("room").socketsLeave(["room", "other"]);
      await until("nobody is there", async () => {
        const inRoom = await node.io.in("room").fetchSockets();
        return inRoom.length === 0;
      });
    });

    test("it asks our sockets for acks", async () => {
      ours.forEach((socket, i) => socket.once("how much", (base, ack) => ack(base + i)));
      theirs.once("how much", (base, ack) => ack(base + 9));
      const answers = await node.io.timeout(5000).emitWithAck("how much", 100);
      assert.deepEqual(answers.sort(), [100, 101, 102, 103, 109]);
      [...ours, theirs].forEach((socket) => socket.seen.splice(0));

      ours[0].once("silent", () => {});
      await assert.rejects(node.io.to(ours[0].id).timeout(200).emitWithAck("silent"));
      ours[1].once("bytes", (ack) => ack(Buffer.from([5, 6])));
      const [answer] = await node.io.to(ours[1].id).timeout(5000).emitWithAck("bytes");
      assert.deepEqual(bytes(answer), [5, 6]);
      [...ours, theirs].forEach((socket) => socket.seen.splice(0));
    });

    test("it finds our sockets", async () => {
      const sockets = await node.io.fetchSockets();
      assert.deepEqual(
        sockets.map((socket) => socket.id).sort(),
        [...ours, theirs].map((socket) => socket.id).sort(),
      );
      const one = sockets.find((socket) => socket.id === ours[2].id);
      assert.deepEqual([...one.rooms], [ours[2].id]);
      assert.deepEqual(one.handshake.auth, { who: 2 });
      assert.equal(one.handshake.query.EIO, "4");
      assert.equal(one.handshake.address, "127.0.0.1");
      const some = await node.io.in([ours[0].id, ours[1].id]).except(ours[1].id).fetchSockets();
      assert.deepEqual(some.map((socket) => socket.id), [ours[0].id]);
    });

    test("its code hears null from a server without code", async () => {
      assert.deepEqual(await node.io.serverSideEmitWithAck("hello", 1), [null]);
    });

    test("our events reach its sockets", async () => {
      assert.deepEqual(await ours[0].timeout(5000).emitWithAck("say", "hi", 2), { ok: true });
      for (const seen of await take([...ours, theirs])) assert.deepEqual(seen, [["said", "hi", 2]]);
      ours[0].emit("say", Buffer.from([1, 2]));
      for (const [[event, data]] of await take([...ours, theirs])) {
        assert.equal(event, "said");
        assert.deepEqual(bytes(data), [1, 2]);
      }
      node.io.in([theirs.id, ours[1].id]).socketsJoin("inner");
      await until("the room", async () => {
        const inRoom = await node.io.in("inner").fetchSockets();
        return inRoom.length === 2;
      });
      ours[0].emit("whisper", { room: "inner" });
      ours[0].emit("whisper", { room: theirs.id });
      await take([theirs], 2);
      assert.deepEqual((await take([ours[1]]))[0], [["whispered", { room: "inner" }]]);
    });

    if (name.startsWith("classic")) {
      test("it lists our rooms", async () => {
        node.io.in(ours[0].id).socketsJoin("seen");
        const rooms = await node.io.of("/").adapter.allRooms();
        assert.ok(rooms.has("seen") && rooms.has(ours[3].id) && rooms.has(theirs.id));
        // What adapters up to version 7 asked.
        const heard = redis.duplicate();
        const answers = [];
        heard.on("message", (channel, text) => answers.push(JSON.parse(text)));
        await heard.subscribe("socket.io-response#/#");
        const ask = (request) => redis.publish("socket.io-request#/#", JSON.stringify(request));
        await ask({ uid: "old", requestId: "ids", type: 0, rooms: ["seen"] });
        await ask({ uid: "old", requestId: "in", type: 2, sid: ours[1].id, room: "seen" });
        await ask({ uid: "old", requestId: "again", type: 0, rooms: ["seen"] });
        await ask({ uid: "old", requestId: "out", type: 3, sid: ours[1].id, room: "seen" });
        await ask({ uid: "old", requestId: "unknown", type: 3, sid: "nobody", room: "seen" });
        const ours0 = ours[0].id;
        const of = (id) => answers.filter(({ requestId }) => requestId === id);
        const some = (id) => of(id).find(({ sockets }) => !sockets || sockets.length > 0);
        await until("the answers", () =>
          some("ids") && some("in") && some("again") && some("out"));
        assert.deepEqual(some("ids").sockets, [ours0]);
        assert.deepEqual(some("again").sockets.sort(), [ours0, ours[1].id].sort());
        assert.deepEqual(of("unknown"), []);
        await heard.quit();
      });
    }

    test("it disconnects our sockets", async () => {
      const gone = once(ours[3], "disconnect");
      node.io.in(ours[3].id).disconnectSockets();
      assert.equal((await gone)[0], "io server disconnect");
      await until("four are left", async () => (await node.io.fetchSockets()).length === 4);
    });
  });
}

test("namespaces without sockets are not served, and hidden subscriptions not counted", async () => {
  const numbers = await redis.pubsub("NUMSUB", "socket.io-request#/#", "socket.io-request#/other#");
  assert.deepEqual(numbers, ["socket.io-request#/#", 1, "socket.io-request#/other#", 0]);
  assert.deepEqual(await redis.pubsub("SHARDNUMSUB", "socket.io#/#"), ["socket.io#/#", 1]);
  assert.equal(await redis.pubsub("NUMPAT"), 0);
});
