"""A server under measurement: how it is started, asked, watched and stopped."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

START_SECONDS = 60
STOP_SECONDS = 20
LOG_TAIL_BYTES = 2000


class ServerError(Exception):
    """The server did not start, or did not answer."""


@dataclass(frozen=True)
class Contender:
    """One of the things that are compared."""

    label: str
    command: tuple[str, ...]

    @staticmethod
    def parse(text: str) -> "Contender":
        """Reads 'label=command line'."""
        label, equals, command = text.partition("=")
        if not equals or not label or not command.strip():
            raise ValueError(f"'{text}' is not label=command line")
        return Contender(label, tuple(shlex.split(command)))

    @property
    def is_duplex(self) -> bool:
        return "duplex" in Path(self.command[0]).name

    @property
    def is_installed(self) -> bool:
        return shutil.which(self.command[0]) is not None


@dataclass
class Settings:
    """What a workload needs from the server beyond the defaults of the comparison."""

    appendonly: bool = False
    appendfsync: str = "everysec"
    web_sockets: bool = False
    extra: tuple[str, ...] = field(default=())

    def arguments(self, contender: Contender, port: int, http_port: int, folder: str) -> list[str]:
        # A snapshot or a rewrite in the middle of a run would be measured, too.
        arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        arguments += ["--appendonly", "yes" if self.appendonly else "no"]
        if self.appendonly:
            arguments += ["--appendfsync", self.appendfsync, "--auto-aof-rewrite-percentage", "0"]
        if contender.is_duplex:
            arguments += ["--http-port", str(http_port), "--io-threads", "1"]
            if "--io-backend" not in contender.command:
                arguments += ["--io-backend", "uring"]
            arguments += self.extra
        return arguments


class Server:
    """A running server. Use as a context manager: leaving it ends the process."""

    def __init__(
        self,
        contender: Contender,
        settings: Settings,
        prefix: list[str],
        folder: str | None,
        prepare: Callable[[Path], None] | None = None,
    ):
        """`prepare` puts files into the server's folder before it is started."""
        self.contender = contender
        self.port = free_port()
        self.http_port = free_port() if settings.web_sockets else 0
        self._folder = tempfile.mkdtemp(prefix="duplex-compare-", dir=folder)
        self._log_path = Path(self._folder) / "server.log"
        if prepare:
            prepare(Path(self._folder))
        command = [*prefix, *contender.command]
        command += settings.arguments(contender, self.port, self.http_port, self._folder)
        began = time.monotonic()
        with self._log_path.open("wb") as log:
            # The prefix becomes the server, so that this is the server's pid.
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self._folder
            )
        try:
            self._wait_until_ready()
            self.start_seconds = time.monotonic() - began
        except ServerError:
            self.stop()
            raise

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *unused) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def folder(self) -> Path:
        return Path(self._folder)

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def cpu_ns(self) -> int:
        """CPU of all threads, ended ones included: the clock that clock_getcpuclockid(3) names."""
        return time.clock_gettime_ns((~self.pid << 3) | 2)

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ServerError(f"{self.contender.label}: no VmRSS")

    def info(self, name: str) -> str:
        """One field of INFO, or an empty string."""
        for line in self.ask("INFO").splitlines():
            if line.startswith(name + ":"):
                return line.partition(":")[2].strip()
        return ""

    def ask(self, *words: str, seconds: float = 10) -> str:
        """The reply to one command, its first line or its bulk string."""
        request = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(request.encode())
            with connection.makefile("rb") as replies:
                line = replies.readline().decode().rstrip("\r\n")
                if line.startswith("$") and line != "$-1":
                    return replies.read(int(line[1:])).decode()
                return line

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if self.ask("PING") == "+PONG":
                    return
            except OSError:
                pass
            time.sleep(0.02)
        log = self._log_path.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
        raise ServerError(f"{self.contender.label} does not answer; its log ends with:\n{log}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
