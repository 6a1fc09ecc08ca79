"""Access control over real connections: files, passwords, and what happens to clients of a user."""

import contextlib

import redis

from support import resp, servers


def client(server, **options):
    return redis.Redis(port=server.port, decode_responses=True, **options)


@contextlib.contextmanager
def running(*args, **options):
    with servers.server("duplex", *args, **options) as server:
        yield server


def test_a_restricted_user():
    with running() as server:
        admin = client(server)
        admin.acl_setuser("worker", enabled=True, passwords=["+pw"], keys=["job:*"],
                          commands=["+get", "+set", "+ping"])
        worker = client(server, username="worker", password="pw")
        assert worker.set("job:1", "x") and worker.get("job:1") == "x"
        for denied in (lambda: worker.get("other"), lambda: worker.delete("job:1")):
            try:
                denied()
                raise AssertionError("it was not denied")
            except redis.exceptions.NoPermissionError:
                pass
        assert [entry["reason"] for entry in admin.acl_log()] == ["command", "key"]


def test_deleting_a_user_ends_its_connections():
    with running() as server:
        admin = client(server)
        admin.execute_command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*", "&*")
        with server.client() as other:
            other.call("AUTH", "u", "x")
            assert admin.execute_command("ACL", "DELUSER", "u") == 1
            try:
                other.call("PING")
                raise AssertionError("the connection is still there")
            except resp.ConnectionClosed:
                pass


def test_the_file_survives_kill(tmp_path):
    path = tmp_path / "users.acl"
    path.write_text("user default on nopass ~* &* +@all\n", encoding="utf-8")
    with running("--aclfile", path) as server:
        admin = client(server)
        admin.execute_command("ACL", "SETUSER", "u", "on", ">pw", "~a*", "+get", "(%R~b* +get)")
        assert admin.execute_command("ACL", "SAVE") in (True, "OK")
        before = admin.execute_command("ACL", "LIST")
        server.kill()
    assert "pw" not in path.read_text(encoding="utf-8").replace("nopass", "")
    with running("--aclfile", path) as server:
        assert client(server).execute_command("ACL", "LIST") != []
        assert client(server).execute_command("ACL", "LIST") == before
        path.write_text("user broken on +nosuch\n", encoding="utf-8")
        try:
            client(server).execute_command("ACL", "LOAD")
            raise AssertionError("a broken file was loaded")
        except redis.exceptions.ResponseError as error:
            assert "no change to the previously active ACL rules" in str(error)
        assert client(server).execute_command("ACL", "LIST") == before


def test_users_and_requirepass_survive_config_rewrite():
    with running(config="requirepass first\n") as server:
        admin = client(server, password="first")
        admin.execute_command("ACL", "SETUSER", "u", "on", ">pw", "~a*", "+get")
        admin.execute_command("CONFIG", "REWRITE")
        before = admin.execute_command("ACL", "GETUSER", "u")
        text = server.config_file.read_text(encoding="utf-8")
    with running(config=text) as server:
        admin = client(server, password="first")
        assert admin.execute_command("ACL", "GETUSER", "u") == before
        assert client(server, username="u", password="pw").get("a1") is None
