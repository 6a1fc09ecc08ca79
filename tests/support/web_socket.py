"""A small WebSocket client for tests: whole text messages, and nothing that it does by itself."""

import base64
import json
import os
import socket

CLOSE = 8
TEXT = 1


class WebSocket:
    """Reads frames when it is asked to; answers nothing unless it is told."""

    def __init__(self, port, path, headers=(), timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._input = b""
        self.response = self._upgrade(port, path, headers)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _upgrade(self, port, path, headers):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET %s HTTP/1.1" % path,
            "Host: 127.0.0.1:%d" % port,
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: %s" % key,
            *headers,
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._input:
            self._receive_more()
        head, _, self._input = self._input.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise ConnectionError(head.decode())
        return head.decode()

    def _receive_more(self):
        received = self.socket.recv(65536)
        if not received:
            raise ConnectionError("the server has closed the connection")
        self._input += received

    def fileno(self):
        return self.socket.fileno()

    def send_frame(self, opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        if size < 126:
            head = bytes([0x80 | opcode, 0x80 | size])
        elif size < 65536:
            head = bytes([0x80 | opcode, 0x80 | 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([0x80 | opcode, 0x80 | 127]) + size.to_bytes(8, "big")
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def send(self, text):
        self.send_frame(TEXT, text.encode())

    def send_json(self, *commands):
        """Commands of the realtime protocol, as one message."""
        self.send("\n".join(json.dumps(command) for command in commands))

    def take_frame(self):
        """The next frame that has arrived whole, as (opcode, payload), or None."""
        if len(self._input) < 2:
            return None
        size, at = self._input[1] & 127, 2
        if size == 126:
            size, at = int.from_bytes(self._input[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(self._input[2:10], "big"), 10
        if len(self._input) < at + size:
            return None
        opcode = self._input[0] & 15
        payload = self._input[at : at + size]
        self._input = self._input[at + size :]
        return opcode, payload

    def receive_frame(self):
        while (frame := self.take_frame()) is None:
            self._receive_more()
        return frame

    def receive_some(self):
        """Takes what has arrived and returns the frames that are whole with it."""
        self._receive_more()
        frames = []
        while (frame := self.take_frame()) is not None:
            frames.append(frame)
        return frames

    def receive(self):
        """The next text message."""
        opcode, payload = self.receive_frame()
        if opcode != TEXT:
            raise ConnectionError("frame %d: %r" % (opcode, payload))
        return payload.decode()

    def receive_json(self):
        """The objects of the next message."""
        return [json.loads(line) for line in self.receive().split("\n")]

    def close(self):
        self.socket.close()
