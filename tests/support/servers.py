"""Starts and stops real servers, redis-server or duplex-server, for the tests.

Every server gets free ports on 127.0.0.1, a directory of its own, and is ended by its pid.
"""

import contextlib
import functools
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time

from support import resp

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 20

# How reports of the sanitizers begin. Those that come after the last reply, when a server ends or
# is idle, would pass unseen if nobody looked for them.
SANITIZER_REPORT = re.compile(rb"(ERROR|WARNING): [A-Za-z]+Sanitizer|: runtime error: ")

# The version whose behaviour Duplex has.
DUPLEX_VERSION = (7, 2, 4)


def duplex_path():
    """Returns the path of the server under test, or None: it comes from DUPLEX_SERVER."""
    path = os.environ.get("DUPLEX_SERVER")
    return path and str(pathlib.Path(path).resolve())


def redis_path():
    return os.environ.get("REDIS_SERVER") or shutil.which("redis-server")


@functools.cache
def known_commands(kind):
    """Returns the names of all commands of a server, those of subcommands with a bar in them."""
    with server(kind) as running, running.client() as client:
        return {item.value.decode().lower() for item in client.call("COMMAND", "LIST").value}


@functools.cache
def redis_version():
    """Returns the version of redis-server as a tuple of three numbers."""
    output = subprocess.run([redis_path(), "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, output.stdout.split("v=")[1].split()[0].split(".")))


def available_kinds():
    """Returns the servers that a test shall run on."""
    return ["redis"] + (["duplex"] if duplex_path() else [])


def free_port():
    """Below the ports that the system gives to clients: one of those would take it while a server
    is being started again."""
    while True:
        with socket.socket() as probe:
            port = random.randrange(10000, 30000)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class ServerFailed(Exception):
    """The server did not start or stop, ended by itself, or a sanitizer has reported something.

    The text holds the part of its log that tells about it.
    """


class Server:
    """A running server: `port`, `http_port` (None for Redis), `dir`, `log`, `pid`, `version`.

    `config` is the text of a configuration file that the server is to read; what is given as
    arguments counts more. With `tls`, a client's ssl.SSLContext, `port` is for TLS and there is no
    plain one.
    """

    def __init__(self, kind, args=(), directory=None, config=None, tls=None):
        self.kind = kind
        self.tls = tls
        self.args = [str(arg) for arg in args]
        self.dir = pathlib.Path(directory or tempfile.mkdtemp(prefix="duplex-test-"))
        self.log = self.dir / "server.log"
        self.config_file = None
        if config is not None:
            self.config_file = self.dir / "server.conf"
            self.config_file.write_text(config, encoding="utf-8")
        self._own_dir = directory is None
        self._process = None
        self.port = None
        self.http_port = None
        self.version = DUPLEX_VERSION if kind == "duplex" else redis_version()

    @property
    def pid(self):
        return self._process.pid

    def _command_line(self):
        given = {arg for arg in self.args if arg.startswith("--")}
        self.port = free_port()
        defaults = {
            "--port": ["0" if self.tls else str(self.port)],
            "--bind": ["127.0.0.1"],
            "--dir": [str(self.dir)],
            "--save": [""],
            "--appendonly": ["no"],
        }
        if self.tls:
            defaults["--tls-port"] = [str(self.port)]
        if self.kind == "duplex":
            self.http_port = free_port()
            defaults["--http-port"] = [str(self.http_port)]
            defaults["--http-bind"] = ["127.0.0.1"]
            line = [duplex_path()]
        else:
            line = [redis_path()]
        if self.config_file:
            line.append(str(self.config_file))
        for name, values in defaults.items():
            if name not in given:
                line += [name] + values
        line += self.args
        for name in ("--port", "--http-port"):
            if name in given:
                value = int(self.args[self.args.index(name) + 1])
                setattr(self, name[2:].replace("-", "_"), value)
        return line

    def start(self):
        """Starts the process and waits until it answers PING with PONG."""
        line = self._command_line()
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            if self._process.poll() is not None:
                raise ServerFailed("ended with %d\n%s" % (self._process.returncode, self.log_end()))
            if time.monotonic() > deadline:
                self.kill()
                raise ServerFailed("did not answer\n" + self.log_end())
            time.sleep(0.01)
        return self

    def _answers(self):
        try:
            with self.client(timeout=1.0) as client:
                # A server with a password or one that loads answers PING with an error.
                reply = client.call("PING")
                if reply.kind == "error" and not reply.value.startswith(b"NOAUTH"):
                    return False
                return True
        except (OSError, resp.ConnectionClosed, resp.NoReply):
            return False

    def log_end(self, size=3000):
        return self.log.read_bytes()[-size:].decode("utf-8", "replace")

    def client(self, **options):
        return resp.Client(self.port, **{"tls": self.tls, **options})

    def stop(self):
        """Ends the process as a user would (SIGTERM); kills it if that takes too long."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.kill()
                raise ServerFailed("did not stop\n" + self.log_end()) from None
        self._check_log()
        return self._process.returncode if self._process else None

    def _check_log(self):
        text = self.log.read_bytes() if self.log.exists() else b""
        report = SANITIZER_REPORT.search(text)
        if report:
            shown = text[report.start() : report.start() + 6000].decode("utf-8", "replace")
            raise ServerFailed("a sanitizer has found something\n" + shown)

    def kill(self):
        """Ends the process without giving it a chance to do anything (SIGKILL)."""
        self._process.kill()
        self._process.wait()

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def remove_dir(self):
        if self._own_dir:
            shutil.rmtree(self.dir, ignore_errors=True)


@contextlib.contextmanager
def server(kind, *args, directory=None, config=None, tls=None):
    """Runs a server for the length of a with block."""
    running = Server(kind, args, directory, config, tls)
    try:
        yield running.start()
    finally:
        try:
            running.stop()
        finally:
            running.remove_dir()
