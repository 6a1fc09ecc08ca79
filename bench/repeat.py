"""A load of its own process: the same pipeline of requests again and again over some connections.

    bench/repeat.py PORT SECONDS OPERATIONS CONNECTIONS < requests

Standard input holds the pipeline as RESP; one round trip of it counts as OPERATIONS. Every round's
reply must be as long as the first one. Prints the number of operations as JSON.
"""

import json
import selectors
import socket
import sys
import time

QUIET_SECONDS = 0.2  # after which the first reply is taken to be complete


def first_reply(connection: socket.socket, requests: bytes) -> bytes:
    connection.sendall(requests)
    connection.settimeout(10)
    reply = connection.recv(1 << 20)
    connection.settimeout(QUIET_SECONDS)
    try:
        while True:
            reply += connection.recv(1 << 20)
    except TimeoutError:
        return reply


def run(port: int, seconds: float, operations: int, count: int, requests: bytes) -> dict:
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    reply = first_reply(connections[0], requests)
    if b"\r\n-" in b"\r\n" + reply:
        raise SystemExit(f"an error reply: {reply[:200]!r}")
    rounds = 0
    missing = {}
    with selectors.DefaultSelector() as selector:
        start = time.monotonic()
        for connection in connections:
            connection.setblocking(True)
            connection.sendall(requests)
            missing[connection] = len(reply)
            selector.register(connection, selectors.EVENT_READ)
        while missing:
            for key, _ in selector.select():
                connection = key.fileobj
                missing[connection] -= len(connection.recv(1 << 20))
                if missing[connection] < 0:
                    raise SystemExit("a reply is longer than the first one")
                if missing[connection] > 0:
                    continue
                rounds += 1
                if time.monotonic() - start < seconds:
                    missing[connection] = len(reply)
                    connection.sendall(requests)
                else:
                    del missing[connection]
                    selector.unregister(connection)
        elapsed = time.monotonic() - start
    return {"operations": rounds * operations, "seconds": elapsed}


if __name__ == "__main__":
    print(
        json.dumps(
            run(
                int(sys.argv[1]),
                float(sys.argv[2]),
                int(sys.argv[3]),
                int(sys.argv[4]),
                sys.stdin.buffer.read(),
            )
        )
    )
