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


SECRETS = ("first-secret", "second-secret")


def stands_in_files(server):
    """The secrets that some file of the server holds, other than as digests."""
    found = set()
    for path in server.dir.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found |= {secret for secret in SECRETS if secret.encode() in data}
    return found


def test_passwords_are_kept_as_digests_only(tmp_path):
    users = tmp_path / "users.acl"
    users.write_text("user default on nopass ~* &* +@all\nuser f on >%s +get\n" % SECRETS[0],
                     encoding="utf-8")  # fmt: skip
    line = "user f on >%s +get\n" % SECRETS[0]
    for options, config in ((["--aclfile", users], None), ([], line)):
        with running(*options, "--appendonly", "yes", config=config) as server:
            admin = client(server)
            rules = ("ACL", "SETUSER", "u", "on", ">" + SECRETS[1], "~*", "+@all", "(+get ~x)")
            for secret in SECRETS:
                assert secret not in str(admin.execute_command("ACL", "LIST"))
            assert admin.execute_command(*rules) in (True, "OK")
            assert client(server, username="u", password=SECRETS[1]).set("k", "v")
            assert client(server, username="f", password=SECRETS[0]).ping is not None
            if options:
                admin.execute_command("ACL", "SAVE")
                text = users.read_text(encoding="utf-8")
                assert not any(secret in text for secret in SECRETS)
            else:
                admin.execute_command("CONFIG", "REWRITE")
                text = server.config_file.read_text(encoding="utf-8")
            admin.execute_command("BGSAVE")
            assert stands_in_files(server) == set()
            assert not any(secret in server.log_end(100_000) for secret in SECRETS)
        with running(*options, config=None if options else text) as server:
            assert client(server, username="u", password=SECRETS[1]).get("k") is None


KINDS = servers.available_kinds()


def asked(connection, *command):
    reply = connection.call(*command)
    if isinstance(reply.value, list):
        return b"list"
    return b"NOAUTH" if str(reply.value).startswith("b'NOAUTH") else reply.value


def interplay(kind):
    """What a series of changes of the password of `default` answers, step by step."""
    answers = []
    with servers.server(kind, config="requirepass first\n") as server, server.client() as admin:
        steps = [
            ("AUTH", "wrong"), ("GET", "k"), ("AUTH", "first"), ("ACL", "WHOAMI"),
            ("CONFIG", "SET", "requirepass", "second"), ("GET", "k"), ("AUTH", "first"),
            ("AUTH", "second"), ("AUTH", "default", "second"),
            ("ACL", "SETUSER", "default", ">third"), ("AUTH", "second"), ("AUTH", "third"),
            ("CONFIG", "SET", "requirepass", "fourth"), ("AUTH", "third"), ("AUTH", "fourth"),
            ("ACL", "SETUSER", "default", "nopass"), ("AUTH", "anything"),
            ("AUTH", "default", "anything"), ("CONFIG", "SET", "requirepass", "fifth"),
            ("AUTH", "default", "anything"), ("AUTH", "fifth"),
            ("CONFIG", "SET", "requirepass", ""), ("AUTH", "x"), ("AUTH", "default", "x"),
            ("ACL", "SETUSER", "default", "resetpass"), ("AUTH", "default", "x"), ("GET", "k"),
            ("ACL", "SETUSER", "default", "on", ">sixth"), ("AUTH", "sixth"),
            ("ACL", "SETUSER", "default", "off"), ("AUTH", "sixth"), ("GET", "k"),
            ("ACL", "SETUSER", "default", "on", "nopass"), ("GET", "k"),
            ("ACL", "SETUSER", "default", "-get"), ("GET", "k"), ("ACL", "DELUSER", "default"),
        ]  # fmt: skip
        for step in steps:
            answers.append((step, asked(admin, *step)))
            with server.client() as other:
                answers.append(("new client", asked(other, "PING")))
                answers.append(("HELLO", asked(other, "HELLO", "2")))
    return answers


def test_requirepass_and_the_default_user():
    answers = [interplay(kind) for kind in KINDS]
    for other in answers[1:]:
        for first, second in zip(answers[0], other):
            if b"NOPERM" not in (first[1] or b""):
                assert first == second


def test_subscribers_go_with_their_channels():
    """Those who lose a channel are cut off at once; the others go on."""
    for kind in KINDS:
        with servers.server(kind) as server, server.client() as admin:
            for name in ("loses", "keeps"):
                admin.call("ACL", "SETUSER", name, "on", "nopass", "+@all", "&news:*", "&other")
            loser, keeper = server.client(), server.client()
            loser.call("AUTH", "loses", "x")
            keeper.call("AUTH", "keeps", "x")
            for subscriber in (loser, keeper):
                subscriber.call("PSUBSCRIBE", "news:*")
            admin.call("ACL", "SETUSER", "keeps", "resetchannels", "&news:*")
            admin.call("ACL", "SETUSER", "loses", "resetchannels", "&other")
            admin.call("PUBLISH", "news:1", "hello")
            assert keeper.read().value[-1].value == b"hello"
            try:
                loser.read()
                raise AssertionError("the subscriber is still there")
            except resp.ConnectionClosed:
                pass


def test_exec_is_judged_when_it_comes():
    for kind in KINDS:
        with servers.server(kind) as server, server.client() as admin, server.client() as user:
            admin.call("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*")
            user.call("AUTH", "u", "x")
            user.call("MULTI")
            for command in (("SET", "k", "1"), ("GET", "k"), ("INCR", "n")):
                assert user.call(*command).value == b"QUEUED"
            admin.call("ACL", "SETUSER", "u", "-set", "resetkeys", "~k")
            replies = user.call("EXEC").value
            assert replies[0].value.startswith(b"NOPERM ACLs rules changed"), kind
            assert replies[0].value.endswith(b"execute the command or subcommand")
            assert replies[1].value is None
            assert replies[2].value.endswith(b"no permission to touch the specified keys")
            assert [item.value for item in admin.call("MGET", "k", "n").value] == [None, None]
            log = [dict(zip([x.value for x in e.value[::2]], [x.value for x in e.value[1::2]]))
                   for e in admin.call("ACL", "LOG").value]  # fmt: skip
            assert [(e[b"context"], e[b"object"]) for e in log] == [(b"multi", b"n"),
                                                                    (b"multi", b"set")]  # fmt: skip
