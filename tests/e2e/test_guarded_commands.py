"""rename-command, and what enable-*-command and enable-protected-configs keep for operators."""

import shutil

import pytest

from support import resp, servers, waiting

KINDS = servers.available_kinds()
RENAMED = """\
rename-command GET fetch
rename-command set PUT
rename-command config cfg
rename-command flushall ""
rename-command multi begin
rename-command exec commit
rename-command incr plus
rename-command object ""
"""
NOT_ALLOWED = (
    b"ERR %s command not allowed. If the enable-%s-command option is set to \"local\", you can run "
    b"it from a local connection, otherwise you need to set this option in the configuration file, "
    b"and then restart the server."
)
PROTECTED = (
    b"ERR CONFIG SET failed (possibly related to argument '%s') - can't set protected config"
)
NOT_LOADED = b"ERR Error loading the extension. Please check the server logs."
NOT_UNLOADED = b"ERR Error unloading module: no such module with that name"


@pytest.mark.parametrize("kind", KINDS)
def test_renamed_commands(kind):
    with servers.server(kind, config=RENAMED) as server, server.client() as client:
        assert client.call("put", "k", "v").value == b"OK"
        assert client.call("FETCH", "k").value == b"v"
        assert client.call("get", "k").value.startswith(b"ERR unknown command 'get', with args")
        assert client.call("fetch").value == b"ERR wrong number of arguments for 'get' command"
        assert client.call("flushall").value.startswith(b"ERR unknown command 'flushall'")
        assert client.call("cfg", "foo").value == b"ERR unknown subcommand 'foo'. Try CFG HELP."
        assert client.call("cfg", "help").value[0].value.startswith(b"CFG <subcommand>")
        assert client.call("cfg", "get", "rename-command").value == []
        for command in (["begin"], ["plus", "n"], ["commit"]):
            reply = client.call(*command)
        assert reply.value[0].value == 1
        infos = client.call("COMMAND", "INFO", "fetch", "get", "object|freq", "cfg|get").value
        assert [info.value and info.value[0].value for info in infos] == [
            b"get", None, None, b"config|get"]  # fmt: skip
        listed = {item.value for item in client.call("COMMAND", "LIST").value}
        assert b"get" in listed and b"fetch" not in listed
        assert not any(name.startswith((b"object", b"flushall")) for name in listed)


@pytest.mark.parametrize("kind", KINDS)
def test_renamed_commands_in_scripts_and_permissions(kind):
    with servers.server(kind, config=RENAMED) as server, server.client() as client:
        client.call("put", "k", "v")
        assert client.call("EVAL", "return redis.call('fetch', 'k')", 0).value == b"v"
        assert client.call("EVAL", "return redis.pcall('get', 'k').err", 0).value == (
            b"ERR Unknown Redis command called from script")  # fmt: skip
        assert client.call("ACL", "SETUSER", "u", "+fetch").value.endswith(
            b"Unknown command or category name in ACL")  # fmt: skip
        assert client.call("ACL", "SETUSER", "u", "+get", "+config|get", "~*").value == b"OK"
        assert client.call("ACL", "DRYRUN", "u", "fetch", "k").value == b"OK"
        assert client.call("ACL", "DRYRUN", "u", "cfg", "get", "hz").value == b"OK"
        assert client.call("ACL", "DRYRUN", "u", "get", "k").value == (
            b"ERR Command 'get' not found")  # fmt: skip
        fast = {item.value for item in client.call("ACL", "CAT", "keyspace").value}
        assert b"flushall" in fast


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("line", ["rename-command nosuch x", "rename-command get set",
                                  "rename-command config|get x"])  # fmt: skip
def test_wrong_names_end_the_start(kind, line):
    if kind == "redis" and "|" in line:
        return  # redis-server does not look, and breaks
    with pytest.raises(servers.ServerFailed) as failed, servers.server(kind, config=line + "\n"):
        pass
    expected = "Target command name already exists" if "set" in line else "No such command"
    assert expected in str(failed.value)


@pytest.mark.skipif(not servers.duplex_path(), reason="is about Duplex's log")
def test_logs_have_the_own_names(tmp_path):
    """They are read by a server that calls the commands something else, and by redis-server."""
    options = ["--appendonly", "yes", "--appendfsync", "always"]
    with servers.server("duplex", *options, config=RENAMED, directory=tmp_path) as server:
        with server.client() as client:
            for command in (["put", "k", "v"], ["plus", "n"], ["begin"], ["plus", "n"],
                            ["RPUSH", "l", "a"], ["commit"]):  # fmt: skip
                client.call(*command)
            client.call("EVAL", "redis.call('plus', 'n') redis.call('put', 'e', 'x')", 0)
        server.kill()
    log = b"".join(path.read_bytes() for path in tmp_path.glob("appendonlydir/*.incr.aof"))
    assert b"INCR" in log and b"plus" not in log and b"begin" not in log
    (tmp_path / "server.conf").unlink()
    for kind in ("duplex", "redis"):
        copy = tmp_path / kind
        shutil.copytree(tmp_path / "appendonlydir", copy / "appendonlydir")
        with servers.server(kind, *options, directory=copy) as server, server.client() as client:
            values = [item.value for item in client.call("MGET", "k", "n", "e").value]
            assert values == [b"v", b"3", b"x"], kind
            assert client.call("LLEN", "l").value == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["no", "local", "yes"])
def test_guards(kind, value):
    """All clients of this test are local ones."""
    options = []
    for name in ("debug-command", "module-command", "protected-configs"):
        options += ["--enable-" + name, value]
    with servers.server(kind, *options) as server, server.client() as client:
        allowed = value != "no"
        debug = client.call("DEBUG", "SLEEP", 0).value
        assert debug == (b"OK" if allowed else NOT_ALLOWED % (b"DEBUG", b"debug"))
        assert client.call("DEBUG").value.startswith(b"ERR wrong number of arguments")
        for command, failure in (
            (["LOAD", "/nosuch.so"], NOT_LOADED),
            (["LOADEX", "/nosuch.so"], NOT_LOADED),
            (["UNLOAD", "x"], NOT_UNLOADED),
        ):
            reply = client.call("MODULE", *command).value
            assert reply == (failure if allowed else NOT_ALLOWED % (b"MODULE", b"module"))
        assert client.call("MODULE", "LIST").value == []
        for name, new in (("dir", str(server.dir)), ("dbfilename", "x.rdb")):
            reply = client.call("CONFIG", "SET", name, new).value
            assert reply == (b"OK" if allowed else PROTECTED % name.encode())
        both = client.call("CONFIG", "SET", "maxmemory", "0", "dir", str(server.dir)).value
        assert both == (b"OK" if allowed else PROTECTED % b"dir")
        assert client.call("CONFIG", "SET", "enable-debug-command", "yes").value.endswith(
            b"can't set immutable config")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_refused_debug_spoils_a_transaction_and_needs_no_password(kind):
    with servers.server(kind) as server, server.client() as client:
        client.call("MULTI")
        assert client.call("DEBUG", "SLEEP", 0).value == NOT_ALLOWED % (b"DEBUG", b"debug")
        assert client.call("EXEC").value.startswith(b"EXECABORT")
        client.call("CONFIG", "SET", "requirepass", "x")
        with server.client() as other:
            assert other.call("DEBUG", "SLEEP", 0).value == NOT_ALLOWED % (b"DEBUG", b"debug")
            assert other.call("GET", "k").value.startswith(b"NOAUTH")


@pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)
@pytest.mark.parametrize("word", ["ASSERT", "OOM", "PANIC"])
def test_debug_ends_the_process(word):
    with servers.server("duplex", "--enable-debug-command", "yes") as server:
        with server.client() as client, pytest.raises((OSError, resp.ConnectionClosed)):
            client.call("DEBUG", word)
        waiting.until(lambda: not server.is_running())
        assert "DEBUG asked for it" in server.log_end()
