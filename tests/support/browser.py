"""A browser that speaks the realtime protocol: asks, waits for the answer, keeps what is pushed."""

import contextlib
import json

from support import web_socket


class Browser:
    """`connected` is what connecting was answered: the reply, or a code."""

    def __init__(self, server, token=None):
        self.socket = web_socket.WebSocket(server.http_port, "/rt")
        self.last = 0
        self.pushes = []
        self.connected = self.ask("connect", **({} if token is None else {"token": token}))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def ask(self, method, **request):
        """The reply; of an error, or of the connection's end, the code."""
        self.last += 1
        self.socket.send_json({"id": self.last, method: request})
        while True:
            for message in (arrived := self._next()):
                if message.get("id") == self.last:
                    return message["error"]["code"] if "error" in message else message[method]
            if not arrived:
                return self.close_code

    def _next(self):
        """The messages of the next frame; none if it ends the connection."""
        opcode, payload = self.socket.receive_frame()
        if opcode == web_socket.CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            return []
        messages = [json.loads(line) for line in payload.decode().split("\n")]
        self.pushes += [message["push"] for message in messages if "push" in message]
        return messages

    def next_push(self):
        while not self.pushes:
            assert self._next(), "the connection has ended with %d" % self.close_code
        return self.pushes.pop(0)

    def end(self):
        """Waits until the server has forgotten the connection and returns the code."""
        while self._next():
            pass
        self.socket.send_frame(web_socket.CLOSE, self.close_code.to_bytes(2, "big"))
        with contextlib.suppress(ConnectionError):
            while True:
                self.socket.receive_frame()
        return self.close_code
