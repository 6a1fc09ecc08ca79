#!/usr/bin/python3
"""Measures the browser's side beside what it replaces, in one run: alternating, CPU as the measure.

    bench/browsers.py [--rounds 3] [--only echo,idle,fanout,beside]

echo    64-byte messages that come back: Duplex's /echo and a plain Beast server
idle    memory of 5,000 idle WebSockets: Duplex, and Socket.IO on Node
fanout  one 64-byte message to 1,000 sockets: Duplex's WebSockets, its Socket.IO, its RESP
        subscribers, and Socket.IO on Node with the Redis adapter
beside  GETs of other clients while 1,000 sockets receive 1,000 messages a second, and without:
        evenly, and as one fan-out to all of them every second

Needs build/release (duplex-server, duplex-load, beast-echo) and the packages of tests/clients.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from comparison.core_watch import pinned
from comparison.server import Contender, Server, Settings, free_port

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "build/release"
LOAD = RELEASE / "bench/load/duplex-load"
CLIENTS = ROOT / "tests/clients"
SERVER_CORE, LOAD_CORE = 0, 1
OPEN = (
    *("--conformance-endpoints", "yes", "--http-maxclients", "20000"),
    *("--channel", "c*", "sub=anon"),
)


class Peer:
    """A server that does not speak RESP."""

    def __init__(self, command: list[str], port: int, folder: Path = ROOT):
        self.port = port
        self._process = subprocess.Popen(
            pinned(SERVER_CORE, False) + command, cwd=folder, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                return
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise SystemExit(f"{command[0]} does not listen") from None
                time.sleep(0.05)

    @property
    def pid(self) -> int:
        return self._process.pid

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise SystemExit("no VmRSS")

    def cpu_ns(self) -> int:
        return time.clock_gettime_ns((~self.pid << 3) | 2)

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *unused) -> None:
        self._process.terminate()
        self._process.wait()


def duplex(*extra: str) -> Server:
    settings = Settings(web_sockets=True, extra=(*OPEN, *extra))
    contender = Contender("duplex", (str(RELEASE / "server/duplex-server"),))
    return Server(contender, settings, pinned(SERVER_CORE, False), None)


def redis() -> Server:
    contender = Contender("redis", ("/usr/bin/redis-server",))
    return Server(contender, Settings(), pinned(LOAD_CORE, False), None)


def node(redis_port: int) -> Peer:
    port = free_port()
    script = str(ROOT / "bench/peers/socket_io.js")
    return Peer(["node", script, str(port), str(redis_port)], port, CLIENTS)


def load(*options: str) -> dict:
    done = subprocess.run(
        pinned(LOAD_CORE, False) + [str(LOAD), "--json", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


class WebSocket:
    """A client that reads whole frames; for sockets that mostly listen."""

    def __init__(self, port: int, path: str):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self.input = b""
        while b"\r\n\r\n" not in self.input:
            self.input += self.socket.recv(4096)
        head, _, self.input = self.input.partition(b"\r\n\r\n")
        if b" 101 " not in head:
            raise SystemExit(f"no WebSocket at {path}: {head[:80]!r}")

    def send(self, text: str) -> None:
        payload = text.encode()
        assert len(payload) < 126
        self.socket.sendall(bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload)

    def receive(self) -> bytes:
        while (frame := self._take()) is None:
            self.input += self.socket.recv(65536)
        return frame

    def _take(self) -> bytes | None:
        if len(self.input) < 2:
            return None
        size, at = self.input[1] & 127, 2
        if size == 126:
            size, at = int.from_bytes(self.input[2:4], "big"), 4
        if len(self.input) < at + size:
            return None
        frame, self.input = self.input[at : at + size], self.input[at + size :]
        return frame


def native_subscriber(port: int, channels: tuple[str, ...] = ("c",)) -> WebSocket:
    client = WebSocket(port, "/connection/websocket")
    client.send('{"id":1,"connect":{}}')
    client.receive()
    for channel in channels:
        client.send(f'{{"id":2,"subscribe":{{"channel":"{channel}"}}}}')
        client.receive()
    return client


def socket_io_subscriber(port: int) -> WebSocket:
    client = WebSocket(port, "/socket.io/?EIO=4&transport=websocket")
    client.receive()
    client.send("40")
    client.receive()
    return client


def spread(values: list[float]) -> str:
    return f"{median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def echo(rounds: int) -> None:
    for depth in (1, 16):
        found = {"duplex": [], "beast": []}
        beast_port = free_port()
        beast_command = [str(RELEASE / "bench/peers/beast-echo"), str(beast_port)]
        with duplex() as ours, Peer(beast_command, beast_port) as theirs:
            for _ in range(rounds):
                for name, pid, port in (
                    ("duplex", ours.pid, ours.http_port),
                    ("beast", theirs.pid, theirs.port),
                ):
                    result = load(
                        *("--echo", "--path", "/echo", "--http-port", str(port)),
                        *("--server-pid", str(pid), "--pipeline", str(depth)),
                    )
                    found[name].append(result["server_cpu_us"])
        ratio = median(found["duplex"]) / median(found["beast"])
        for name, values in found.items():
            print(f"echo, {depth} in flight, {name}: {spread(values)} us of CPU a message")
        print(f"echo, {depth} in flight: {ratio:.2f} of Beast", flush=True)


def idle(rounds: int) -> None:
    count = 5000
    kinds = [("duplex", native_subscriber), ("duplex, Socket.IO", socket_io_subscriber)]
    kinds.append(("node, Socket.IO", socket_io_subscriber))
    found: dict[str, list[float]] = {name: [] for name, _ in kinds}
    for _ in range(rounds):
        for name, subscribe in kinds:
            with redis() as store:
                with node(store.port) if name.startswith("node") else duplex() as server:
                    port = getattr(server, "http_port", server.port)
                    first = [subscribe(port) for _ in range(20)]
                    before = server.resident_bytes()
                    clients = [subscribe(port) for _ in range(count)]
                    found[name].append((server.resident_bytes() - before) / count / 1024)
                    for client in first + clients:
                        client.socket.close()
    for name, values in found.items():
        print(f"idle, {name}: {spread(values)} KiB a socket", flush=True)


def deliveries(server, subscribers: list[WebSocket], publish, seconds: float) -> float:
    """CPU per delivery of `server`: one message at a time, the next when all have it."""
    publish()
    for client in subscribers:
        client.receive()
    begin, messages, deadline = server.cpu_ns(), 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        publish()
        for client in subscribers:
            client.receive()
        messages += 1
    return (server.cpu_ns() - begin) / 1000 / messages / len(subscribers)


def emit_packet() -> bytes:
    """What @socket.io/redis-emitter publishes for to("c").emit("news", <64 bytes>)."""

    def text(value: str) -> bytes:
        size = len(value)
        return (bytes([0xA0 | size]) if size < 32 else bytes([0xD9, size])) + value.encode()

    packet = b"\x83" + text("type") + b"\x02" + text("data") + b"\x92" + text("news")
    packet += text("x" * 64) + text("nsp") + text("/")
    options = b"\x83" + text("rooms") + b"\x91" + text("c") + text("except") + b"\x90"
    return b"\x93" + text("emitter") + packet + options + text("flags") + b"\x80"


class Publisher:
    def __init__(self, port: int, channel: bytes, payload: bytes, shared: Publisher | None = None):
        """`shared`: whose connection is used, too."""
        self.socket = (
            shared.socket if shared else socket.create_connection(("127.0.0.1", port), timeout=30)
        )
        parts = [b"PUBLISH", channel, payload]
        self.request = b"*3\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)

    def __call__(self) -> None:
        self.socket.sendall(self.request)
        while not self.socket.recv(256).endswith(b"\r\n"):
            pass


def fanout(rounds: int) -> None:
    count, seconds = 1000, 2.0
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    for _ in range(rounds):
        with duplex() as ours:
            for protocol in ("resp", "ws"):
                result = load(
                    *("--fanout", "--protocol", protocol, "--port", str(ours.port)),
                    *("--http-port", str(ours.http_port), "--server-pid", str(ours.pid)),
                )
                note(f"duplex, {protocol}", result["server_cpu_us"])
                note(f"duplex, {protocol}, p50 us", result["latency_us"]["p50"])
        with duplex() as ours:
            clients = [socket_io_subscriber(ours.http_port) for _ in range(count)]
            publish = Publisher(ours.port, b"socket.io#/#", emit_packet().replace(
                b"\xa5rooms\x91\xa1c", b"\xa5rooms\x90"))
            note("duplex, Socket.IO", deliveries(ours, clients, publish, seconds))
        with redis() as store, node(store.port) as theirs:
            clients = [socket_io_subscriber(theirs.port) for _ in range(count)]
            publish = Publisher(store.port, b"socket.io#/#c#", emit_packet())
            note("node, Socket.IO", deliveries(theirs, clients, publish, seconds))
    for name, values in found.items():
        print(f"fan-out, {name}: {spread(values)}")
    reference = median(found["node, Socket.IO"])
    for name in ("duplex, ws", "duplex, Socket.IO"):
        print(f"fan-out, {name}: {median(found[name]) / reference:.3f} of Node's CPU, "
              f"{median(found[name]) / median(found['duplex, resp']):.2f} of RESP's", flush=True)


def beside(rounds: int) -> None:
    """1,000 messages a second: each to one of the sockets, or one fan-out to all of them."""
    gets = ("--command", "get", "--keys", "100000", "--connections", "50", "--seconds", "3")
    loads = {"alone": None, "single messages": "single", "fan-outs": "all"}
    found: dict[str, list[float]] = {name: [] for name in loads}
    for _ in range(rounds):
        with duplex() as ours:
            load("--fill", "100000", "--port", str(ours.port), "--pipeline", "64")
            clients = [native_subscriber(ours.http_port, ("c", f"c{i}")) for i in range(1000)]
            descriptors = [client.socket.fileno() for client in clients]
            reader = [sys.executable, __file__, "--read", *map(str, descriptors)]
            on_load_core = pinned(LOAD_CORE, False)
            with subprocess.Popen(on_load_core + reader, pass_fds=descriptors) as reading:
                for name, kind in loads.items():
                    command = [sys.executable, __file__, "--publish", str(ours.port), str(kind)]
                    with subprocess.Popen(on_load_core + command) as publishing:
                        result = load(*gets, "--port", str(ours.port))
                        publishing.terminate()
                    found[name].append(result["latency_us"]["p99"])
                reading.terminate()
    for name, values in found.items():
        ratio = median(values) / median(found["alone"])
        print(f"GET p99, {name}: {spread(values)} us, {ratio:.2f}", flush=True)


def publish_steadily(port: int, kind: str) -> None:
    """Deliveries at 1,000 a second until ended."""
    if kind == "None":
        return
    payload = b'"' + b"x" * 62 + b'"'
    channels = [b"c"] if kind == "all" else [b"c%d" % i for i in range(1000)]
    publishers = [Publisher(port, channel, payload) for channel in channels[:1]]
    publishers += [Publisher(port, channel, payload, publishers[0]) for channel in channels[1:]]
    pause, due, number = (1.0 if kind == "all" else 0.001), time.monotonic(), 0
    while True:
        publishers[number % len(publishers)]()
        number += 1
        due += pause
        time.sleep(max(0.0, due - time.monotonic()))


def read_steadily(descriptors: list[int]) -> None:
    import selectors

    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                os.read(key.fd, 1 << 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="echo,idle,fanout,beside")
    parser.add_argument("--publish", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--read", type=int, nargs="*", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.publish:
        return publish_steadily(int(arguments.publish[0]), arguments.publish[1])
    if arguments.read:
        return read_steadily(arguments.read)
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in arguments.only.split(","):
        {"echo": echo, "idle": idle, "fanout": fanout, "beside": beside}[name](arguments.rounds)


if __name__ == "__main__":
    main()
