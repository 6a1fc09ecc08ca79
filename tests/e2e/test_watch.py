"""Which commands spoil a WATCH, on both servers: some leave what they were asked for as it was."""

import shlex

import pytest

DATA = [
    "XADD s 1-1 a b", "XADD s 2-1 a b", "XADD s 3-1 a b", "XGROUP CREATE s g 0",
    "XREADGROUP GROUP g c COUNT 2 STREAMS s >", "PFADD h a", "PFADD h2 b", "RPUSH l 1 2",
    "SET str v", "SADD set a b", "ZADD z 1 a", "HSET hash a 1", "SET n 5",
]  # fmt: skip
WATCHED = "s new h h2 s2 l str str2 str3 set set2 z hash n nope nope1 nope2 r".split()

SPOIL = [
    "XGROUP CREATE new g2 0 MKSTREAM",
    "XDEL s 2-1",
    "XTRIM s MAXLEN 1",
    "XADD s 50-1 a b",
    "PFCOUNT h",
    "PFADD h zzz",
    "PFMERGE h h2",
    "SORT l STORE s2",
    "EXPIRE s 100",
    "GETEX str EX 100",
    "SETRANGE str 0 x",
    'APPEND str ""',
    "LSET l 0 a",
    "LTRIM l 0 -1",
    "SMOVE set set2 a",
    "ZADD z 2 a",
    "HSET hash a 1",
    "ZUNIONSTORE z 1 z",
    "GEOADD z 1 1 a",
    "RENAME str str2",
    "COPY str str3",
    "MOVE str 1",
    "SETBIT str 1 0",
    "BITFIELD str SET u8 0 1",
    "GETDEL str",
    "GETSET str q",
    "SET str q XX",
    "UNLINK str",
    "RPOPLPUSH l l",
    "LMOVE l l LEFT RIGHT",
    "BLPOP l 1",
    "SPOP set",
    "ZPOPMIN z",
    "INCRBY n 0",
    "INCRBYFLOAT n 0",
    "HINCRBY hash a 0",
    "EXPIREAT str 1",
    "FLUSHDB",
    "SWAPDB 0 1",
]

LEAVE = [
    "XACK s g 1-1",
    "XCLAIM s g c 0 1-1",
    "XCLAIM s g c2 0 1-1",
    "XAUTOCLAIM s g c 0 0",
    "XAUTOCLAIM s g c3 0 0",
    "XREADGROUP GROUP g c STREAMS s >",
    "XREADGROUP GROUP g newc STREAMS s >",
    "XREADGROUP GROUP g c NOACK STREAMS s >",
    "XREADGROUP GROUP g c STREAMS s 0",
    "XGROUP CREATE s g2 0",
    "XGROUP SETID s g 0",
    "XGROUP DESTROY s g",
    "XGROUP DESTROY s nog",
    "XGROUP CREATECONSUMER s g cc",
    "XGROUP DELCONSUMER s g c",
    "XSETID s 99-1",
    "XTRIM s MAXLEN 100",
    "XDEL s 7-7",
    "PFADD h a",
    "OBJECT FREQ s",
    "TOUCH s",
    "PERSIST s",
    "GETEX str",
    'SETRANGE str 0 ""',
    "LREM l 0 nope",
    "SMOVE set set a",
    "SADD set a",
    "ZADD z 1 a",
    "HSETNX hash a 1",
    "SINTERSTORE nope1 nope2",
    "BITFIELD str GET u8 0",
    "SET str q NX",
    "DEL nope",
    "RESTORE r 0 bad",
    "LPUSHX nope a",
    "SPOP set 0",
    "SRANDMEMBER set",
    "ZPOPMIN z 0",
    "EXPIRE nope 10",
]


def is_spoilt_by(clients, command):
    watching, other = clients(), clients()
    for line in DATA:
        other.call(*shlex.split(line))
    watching.call("WATCH", *WATCHED)
    other.call(*shlex.split(command))
    watching.call("MULTI")
    watching.call("PING")
    return watching.call("EXEC").value is None


@pytest.mark.parametrize("command", SPOIL)
def test_spoils_a_watch(clients, command):
    assert is_spoilt_by(clients, command)


@pytest.mark.parametrize("command", LEAVE)
def test_leaves_a_watch_alone(clients, command):
    assert not is_spoilt_by(clients, command)
