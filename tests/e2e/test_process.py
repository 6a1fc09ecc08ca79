"""The process as an operator sees it: arguments, signals, files, exit codes."""

import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from support import resp, servers

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

LINE = re.compile(r"^\d+:[CMS] \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} [.\-*#] \S")


def run(*args, stdin=None, cwd=None):
    return subprocess.run(
        [servers.duplex_path(), *map(str, args)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=cwd,
        check=False,
    )


def wait_until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_version_and_help_end_well():
    version = run("--version")
    usage = run("--help")

    assert version.returncode == 0 and re.search(r"v=\d+\.\d+\.\d+", version.stdout)
    assert usage.returncode == 0 and "--port" in usage.stdout


@pytest.mark.parametrize(
    "line, reason",
    [
        ("no-such-directive 1", "Bad directive or wrong number of arguments"),
        ("appendonly perhaps", "argument must be 'yes' or 'no'"),
        ("port 70000", "argument must be between 0 and 65535 inclusive"),
    ],
)
def test_a_wrong_line_stops_the_start_and_is_shown(tmp_path, line, reason):
    config = tmp_path / "wrong.conf"
    config.write_text("# a comment\n" + line + "\n", encoding="utf-8")

    result = run(config)

    assert result.returncode == 1
    assert "at line 2" in result.stderr
    assert line.split()[0] in result.stderr
    assert reason in result.stderr


def test_the_configuration_may_come_from_standard_input(tmp_path):
    port = servers.free_port()
    process = subprocess.Popen(
        [servers.duplex_path(), "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=tmp_path
    )
    try:
        process.stdin.write(b"port %d\nhttp-port 0\nbind 127.0.0.1\n" % port)
        process.stdin.close()

        def answers():
            try:
                with resp.Client(port) as client:
                    return client.call("PING").value == b"PONG"
            except OSError:
                return False

        wait_until(answers)
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_a_port_that_is_taken_is_one_sentence_and_exit_1(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        result = run("--port", port, "--bind", "127.0.0.1", "--http-port", 0, "--dir", tmp_path)

    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert str(port) in result.stderr and "in use" in result.stderr


def test_a_folder_that_is_missing_is_one_sentence_and_exit_1(tmp_path):
    result = run("--port", servers.free_port(), "--http-port", 0, "--dir", tmp_path / "missing")

    assert result.returncode == 1
    assert "missing" in result.stderr


def test_a_damaged_log_is_one_sentence_and_exit_1(tmp_path):
    with servers.server("duplex", "--appendonly", "yes", directory=tmp_path) as server:
        with server.client() as client:
            for i in range(100):
                client.call("SET", "k%d" % i, "v" * 50)
                client.call("PING")
    [log] = (tmp_path / "appendonlydir").glob("*.incr.aof")
    content = bytearray(log.read_bytes())
    content[len(content) // 3] ^= 0x20
    log.write_bytes(content)

    result = run(
        "--port", servers.free_port(), "--http-port", 0, "--appendonly", "yes", "--dir", tmp_path
    )

    assert result.returncode == 1
    assert log.name in result.stderr and re.search(r"offset \d+|\d+", result.stderr)


def test_sigterm_writes_the_log_and_ends_with_0(tmp_path):
    with servers.server("duplex", "--appendonly", "yes", directory=tmp_path) as server:
        with server.client() as client:
            client.call("SET", "k", "v")
        assert server.stop() == 0
        assert "bye bye" in server.log_end()
    with servers.server("duplex", "--appendonly", "yes", directory=tmp_path) as server:
        with server.client() as client:
            assert client.call("GET", "k").value == b"v"


def test_sighup_is_ignored():
    with servers.server("duplex") as server, server.client() as client:
        os.kill(server.pid, signal.SIGHUP)
        for _ in range(10):
            assert client.call("PING").value == b"PONG"


def test_shutdown_ends_the_process():
    with servers.server("duplex") as server:
        with server.client() as client:
            client.send("SHUTDOWN", "NOSAVE")
            wait_until(lambda: not server.is_running())
        assert server.stop() == 0


def test_log_lines_have_the_shape_of_redis():
    with servers.server("duplex") as server:
        lines = server.log_end().strip().splitlines()

        assert lines and all(LINE.match(line) for line in lines), lines
        assert any(line.endswith("Ready to accept connections") for line in lines)


def test_pidfile_logfile_and_daemonize(tmp_path):
    port = servers.free_port()
    pidfile = tmp_path / "duplex.pid"
    logfile = tmp_path / "duplex.log"

    started = run(
        *("--port", port, "--http-port", 0, "--bind", "127.0.0.1", "--dir", tmp_path),
        *("--daemonize", "yes", "--pidfile", pidfile, "--logfile", logfile),
    )
    assert started.returncode == 0
    wait_until(lambda: logfile.exists() and "Ready to accept" in logfile.read_text())
    pid = int(pidfile.read_text())
    try:
        with resp.Client(port) as client:
            assert client.call("PING").value == b"PONG"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not pidfile.exists())


def test_unix_socket_with_its_permissions(tmp_path):
    path = tmp_path / "duplex.sock"
    with servers.server("duplex", "--unixsocket", path, "--unixsocketperm", "700"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            assert connection.recv(100) == b"+PONG\r\n"


@pytest.mark.parametrize("backend", ["uring", "epoll"])
def test_the_io_back_end_is_chosen_and_told(backend):
    with servers.server("duplex", "--io-backend", backend) as server, server.client() as client:
        name = {"uring": b"io_uring", "epoll": b"epoll"}[backend]

        assert b"multiplexing_api:" + name in client.call("INFO", "server").value
        assert name.decode() in server.log_end()


def test_idle_connections_are_closed_after_the_timeout():
    with servers.server("duplex", "--timeout", "1") as server, server.client(timeout=15) as client:
        with pytest.raises(resp.ConnectionClosed):
            client.read()


def test_starts_again_at_once_after_a_kill():
    with servers.server("duplex") as server:
        for _ in range(5):
            clients = [server.client() for _ in range(60)]
            server.kill()
            server.start()
            for client in clients:
                client.close()
        with server.client() as client:
            assert client.call("PING").value == b"PONG"
