"""redis-cli as a user runs it: for one answer, or in a terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time


def cli(server, *args, stdin=None, seconds=30, status=0):
    """Runs redis-cli; returns what it prints."""
    result = subprocess.run(
        ["redis-cli", "-p", str(server.port), *map(str, args)],
        input=b"" if stdin is None else stdin,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    assert result.returncode == status, result.stdout + result.stderr
    return result.stdout.decode("utf-8", "replace")


class Terminal:
    """redis-cli in a pseudo terminal, as somebody types into it."""

    def __init__(self, *args):
        pid, self._fd = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.execvp("redis-cli", ["redis-cli", *args])
        # Without a size redis-cli asks the terminal for its own, and nobody is there to answer.
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        self._pid = pid
        self.seen = ""

    def type(self, text):
        os.write(self._fd, text.encode())

    def read_until(self, pattern, seconds=15):
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            readable, _, _ = select.select([self._fd], [], [], 0.1)
            if readable:
                self.seen += os.read(self._fd, 4096).decode("utf-8", "replace")
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.seen!r}"
        found, self.seen = self.seen, ""
        return found

    def close(self):
        self.type("\x04")
        os.close(self._fd)
        os.waitpid(self._pid, 0)
