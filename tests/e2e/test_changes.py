"""rdb_changes_since_last_save counts as redis-server does: what its save points are about."""

import shlex

import pytest

from support import servers

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

# Run in this order, one after the other.
COMMANDS = r"""
SET a 1
SET a 2
GET a
SET a 3 NX
MSET a 1 b 2 c 3
MSETNX z1 1 z2 2
APPEND a x
SETRANGE a 0 y
INCR n
INCRBYFLOAT n 1.5
GETSET a q
GETDEL a
GETEX b EX 1000
GETEX b PERSIST
SETBIT bits 7 1
BITOP AND dst bits b
BITFIELD bits SET u8 0 1 INCRBY u8 0 1
PFADD hll a b c
PFMERGE hm hll
SETEX e 1000 x
SETNX e y
DEL nokey
DEL a b c
SET a 1
SET b 1
UNLINK a b nokey
EXPIRE n 1000
EXPIRE nokey 10
PERSIST n
PEXPIREAT n 1
SET n 1
EXPIRE n -1
SET n 5
RENAME n m
RENAMENX m n
COPY n n2
MOVE n2 5
TOUCH n
RESTORE r 0 \\x00\\xc0\\x01
RPUSH l a b c d e f g
LPUSH l x y
LPUSHX l q
LPOP l
LPOP l 2
RPOP l 2
LSET l 0 zz
LINSERT l BEFORE zz aa
LREM l 0 aa
LTRIM l 1 2
LTRIM l 0 -1
RPUSH l 1 2 3
RPOPLPUSH l l2
LMOVE l l2 LEFT LEFT
LMPOP 1 l LEFT COUNT 2
BLPOP l l2 0
DEL l l2
RPUSH s 3 1 2
SORT s STORE sorted
SADD st a b c
SADD st a b d e
SADD st a
SREM st a q
SREM st b c
SPOP st
DEL st
SADD st 1 2 3 4
SMOVE st st2 1
SPOP st 2
DEL st
SADD st 1 2 3 4
SADD st2 2 3 9
SINTERSTORE i st st2
SUNIONSTORE u st st2
SDIFFSTORE d st st
SPOP st 100
ZADD z 1 a 2 b 3 c
ZADD z 1 a 5 b 6 d
ZADD z NX 1 a
ZINCRBY z 1 a
ZREM z a q
ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g
ZPOPMIN z
ZPOPMAX z 2
ZREMRANGEBYRANK z 0 1
ZREMRANGEBYSCORE z 100 200
ZADD z 1 a 2 b
ZUNIONSTORE zu 1 z
ZINTERSTORE zi 2 z zu
ZRANGESTORE zr z 0 1
ZMPOP 1 z MIN COUNT 2
GEOADD g 1 1 x 2 2 y
GEOSEARCHSTORE gs g FROMMEMBER x BYRADIUS 1000 km
HSET h a 1 b 2 c 3
HSET h a 1
HMSET h a 1 d 2
HSETNX h a 1
HSETNX h e 1
HINCRBY h a 1
HINCRBYFLOAT h a 1.5
HDEL h a q
HDEL h b c
XADD x 1-1 f v
XADD x 2-1 f v
XADD x 3-1 f v
XADD x MAXLEN 2 4-1 f v
XDEL x 3-1 9-9
XTRIM x MAXLEN 0
XADD x 5-1 f v
XADD x 6-1 f v
XGROUP CREATE x g 0
XREADGROUP GROUP g c STREAMS x >
XACK x g 5-1 6-1
XADD x 7-1 f v
XADD x 8-1 f v
XREADGROUP GROUP g c COUNT 2 STREAMS x >
XCLAIM x g c2 0 7-1 8-1
XAUTOCLAIM x g c3 0 0
XGROUP CREATECONSUMER x g c9
XGROUP DELCONSUMER x g c3
XGROUP SETID x g 0
XSETID x 100-1
XGROUP DESTROY x g
EVAL "return redis.call('MSET','a',1,'b',2)" 0
FUNCTION FLUSH
FLUSHDB
SET a 1
SET b 1
FLUSHALL
SWAPDB 0 1
FLUSHALL
"""


def changes(client):
    for line in client.call("INFO", "persistence").value.decode().splitlines():
        name, _, value = line.partition(":")
        if name == "rdb_changes_since_last_save":
            return int(value)
    raise KeyError("rdb_changes_since_last_save")


def counted(kind):
    """How many changes each command makes."""
    result = []
    with servers.server(kind, "--save", "") as server, server.client() as client:
        for command in COMMANDS.strip().splitlines():
            before = changes(client)
            client.call(*shlex.split(command))
            result.append((command, changes(client) - before))
    return result


def test_changes_are_counted_as_redis_does():
    assert counted("duplex") == counted("redis")


@pytest.mark.parametrize("kind", servers.available_kinds())
def test_what_ends_by_itself_counts_for_nothing(kind):
    with servers.server(kind, "--save", "") as server, server.client() as client:
        client.call("SET", "k", "v", "PX", 1)
        before = changes(client)
        while client.call("GET", "k").value is not None:
            pass
        assert client.call("DBSIZE").value == 0
        assert changes(client) == before
