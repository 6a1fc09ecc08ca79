"""What the operator's system sees of the process: title, log lines, CPUs, supervision, signals."""

import grp
import os
import pathlib
import re
import signal
import socket

import pytest

from support import resp, servers, waiting

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)


def proc(server, name):
    return pathlib.Path(f"/proc/{server.pid}/{name}").read_text(encoding="utf-8")


def title(server):
    return proc(server, "cmdline").rstrip("\0")


def test_the_title_follows_the_template(tmp_path):
    with servers.server("duplex", directory=tmp_path) as server, server.client() as client:
        assert title(server) == f"duplex-server 127.0.0.1:{server.port}"
        client.call("CONFIG", "SET", "proc-title-template", "{title} of {port}")
        assert title(server) == f"duplex-server of {server.port}"
    with servers.server("duplex", "--set-proc-title", "no") as server:
        assert "--set-proc-title" in proc(server, "cmdline")


@pytest.mark.parametrize(
    "log_format, timestamps, line",
    [
        ("legacy", "iso8601", r"\d+:M \d{4}-\d\d-\d\dT[0-9:.]{12}[+-]\d\d:\d\d \* Ready to"),
        ("legacy", "milliseconds", r"\d+:M \d{13} \* Ready to"),
        (
            "logfmt",
            "legacy",
            r'pid=\d+ role=primary timestamp="[^"]+" level=notice message="Ready to[^"]*"',
        ),
    ],
)
def test_log_lines_have_the_shape_that_is_wanted(log_format, timestamps, line):
    arguments = ("--log-format", log_format, "--log-timestamp-format", timestamps)
    with servers.server("duplex", *arguments) as server, server.client() as client:
        assert re.search(line, server.log_end())
        changes = ("log-format", "logfmt", "log-timestamp-format", "milliseconds")
        assert client.call("CONFIG", "SET", *changes).value == b"OK"
        client.send("SHUTDOWN", "NOSAVE")
        waiting.until(lambda: not server.is_running())
        assert re.search(r'timestamp="\d{13}" level=warning message="Duplex is', server.log_end())


def test_the_system_log_gets_every_line(tmp_path):
    """Where nothing listens at /dev/log the server runs all the same."""
    with servers.server("duplex", "--syslog-enabled", "yes", "--syslog-ident", "me") as server:
        with server.client() as client:
            assert client.call("CONFIG", "GET", "syslog-ident").value[1].value == b"me"
        assert "Ready to accept connections" in server.log_end()


def test_threads_stay_on_their_cpus():
    cpu = min(os.sched_getaffinity(0))
    lists = ("--server_cpulist", cpu, "--bio_cpulist", f"{cpu}-{cpu}")
    with servers.server("duplex", *lists, "--appendonly", "yes") as server:
        tasks = pathlib.Path(f"/proc/{server.pid}/task").iterdir()
        allowed = [
            re.search(r"Cpus_allowed_list:\s*(\S+)", (task / "status").read_text())[1]
            for task in tasks
        ]
        # Loops, the log's thread and the one that frees.
        assert allowed.count(str(cpu)) >= 3


def test_memory_pressure_is_told_to_the_kernel():
    with servers.server("duplex") as server, server.client() as client:
        before = int(proc(server, "oom_score_adj"))
        client.call("CONFIG", "SET", "oom-score-adj-values", "50 200 800")
        assert int(proc(server, "oom_score_adj")) == before
        client.call("CONFIG", "SET", "oom-score-adj", "relative")
        assert int(proc(server, "oom_score_adj")) == before + 50
        client.call("CONFIG", "SET", "oom-score-adj", "absolute", "oom-score-adj-values", "7 8 9")
        assert int(proc(server, "oom_score_adj")) == 7
        client.call("CONFIG", "SET", "oom-score-adj", "no")
        assert int(proc(server, "oom_score_adj")) == before


def test_clients_beyond_what_the_system_can_handle_are_refused():
    with servers.server("duplex") as server, server.client() as client:
        reply = client.call("CONFIG", "SET", "maxclients", 4_000_000_000)
        assert reply.kind == "error"
        assert b"The operating system is not able to handle the specified number of" in reply.value
        assert client.call("CONFIG", "GET", "maxclients").value[1].value == b"10000"


def test_a_supervisor_is_told(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        with servers.server("duplex", "--supervised", "auto") as server:
            assert b"READY=1" in notify.recv(4096)
            os.kill(server.pid, signal.SIGTERM)
            assert b"STOPPING=1" in notify.recv(4096)


def test_a_socket_belongs_to_its_group(tmp_path):
    group = grp.getgrgid(1)
    path = tmp_path / "socket"
    arguments = ("--unixsocket", path, "--unixsocketgroup", group.gr_name)
    with servers.server("duplex", *arguments):
        assert path.stat().st_gid == group.gr_gid


def test_an_unknown_group_stops_the_start(tmp_path):
    arguments = ("--unixsocket", tmp_path / "socket", "--unixsocketgroup", "no-such-group")
    with pytest.raises(servers.ServerFailed, match="Failed opening Unix socket: group"):
        with servers.server("duplex", *arguments):
            pass


def answers(port, host="127.0.0.1"):
    try:
        with resp.Client(port, host) as client:
            return client.call("PING").value == b"PONG"
    except OSError:
        return False


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_the_port_can_be_moved(kind, tmp_path):
    with servers.server(kind, "--unixsocket", tmp_path / "socket") as server:
        with server.client() as client, socket.socket() as taken:
            other = servers.free_port()
            assert client.call("CONFIG", "SET", "port", other).value == b"OK"
            assert answers(other)
            waiting.until(lambda: not answers(server.port))
            assert client.call("PING").value == b"PONG"

            taken.bind(("127.0.0.1", servers.free_port()))
            taken.listen()
            number = taken.getsockname()[1]
            assert client.call("CONFIG", "SET", "port", number).value == (
                b"ERR CONFIG SET failed (possibly related to argument 'port') - "
                b"Unable to listen on this port. Check server logs."
            )
            assert client.call("CONFIG", "GET", "port").value[1].value == b"%d" % other
            assert answers(other)

            assert client.call("CONFIG", "SET", "port", 0).value == b"OK"
            waiting.until(lambda: not answers(other))
            assert client.call("CONFIG", "SET", "port", server.port).value == b"OK"
            assert answers(server.port)


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_the_addresses_can_be_changed(kind, tmp_path):
    with servers.server(kind, "--unixsocket", tmp_path / "socket") as server:
        with server.client() as client:

            def bind(addresses):
                return client.call("CONFIG", "SET", "bind", addresses).value

            assert bind("127.0.0.2") == b"OK"
            assert answers(server.port, "127.0.0.2")
            waiting.until(lambda: not answers(server.port))
            assert client.call("PING").value == b"PONG", "connections live on"

            # An address of nobody's: what was there before stays.
            assert bind("127.0.0.1 192.0.2.1") == (
                b"ERR CONFIG SET failed (possibly related to argument 'bind') - "
                b"Failed to bind to specified addresses."
            )
            assert client.call("CONFIG", "GET", "bind").value[1].value == b"127.0.0.2"
            assert answers(server.port, "127.0.0.2")
            assert not answers(server.port)

            assert bind("* -::*") == b"OK"
            assert answers(server.port) and answers(server.port, "127.0.0.3")
            assert bind("127.0.0.1 127.0.0.2") == b"OK"
            assert answers(server.port) and answers(server.port, "127.0.0.2")

            other = servers.free_port()
            words = ("CONFIG", "SET", "bind", "127.0.0.1", "port", other)
            assert client.call(*words).value == b"OK"
            assert answers(other)
            assert not answers(other, "127.0.0.2")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "save, options, is_saved",
    [("", "save", True), ("3600 1", "nosave force", False), ("3600 1", "default", True)],
)
def test_a_signal_saves_or_not(tmp_path, number, save, options, is_saved):
    directive = "shutdown-on-sigterm" if number == signal.SIGTERM else "shutdown-on-sigint"
    with servers.server("duplex", "--save", save, directory=tmp_path) as server:
        with server.client() as client:
            client.call("SET", "key", "value")
            assert client.call("CONFIG", "SET", directive, options).value == b"OK"
        os.kill(server.pid, number)
        waiting.until(lambda: not server.is_running())
    assert (tmp_path / "dump.rdb").exists() == is_saved


def test_what_was_set_is_rewritten_to_the_file(tmp_path):
    config = "shutdown-on-sigterm nosave now\nserver_cpulist 0\nlog-format logfmt\n"
    with servers.server("duplex", config=config, directory=tmp_path) as server:
        with server.client() as client:
            client.call("CONFIG", "SET", "shutdown-on-sigterm", "save force")
            assert client.call("CONFIG", "REWRITE").value == b"OK"
    text = (tmp_path / "server.conf").read_text(encoding="utf-8")
    assert "shutdown-on-sigterm save force" in text
    assert "server_cpulist 0" in text and "log-format logfmt" in text
