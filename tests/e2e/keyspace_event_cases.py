"""What test_keyspace_events.py runs: successful forms of every command that writes.

A line is a command; `set-up | set-up => command` prepares the data first, without events. Behind
`==>` stand the events, as `name:key`, of what redis-server 7.0 does not know or does otherwise:
they are those of Redis 7.4 and Valkey.
"""

WRITES = """
APPEND k x
SET k 1 => APPEND k x
DECR k
DECRBY k 5
INCR k
INCRBY k 5
SET k 1 => INCRBY k 0
INCRBYFLOAT k 1.5
SET k 1 => GETDEL k
SET k 1 => GETEX k
SET k 1 => GETEX k EX 100
SET k 1 => GETEX k PXAT 1
SET k 1 => GETEX k PERSIST
SET k 1 EX 100 => GETEX k PERSIST
GETDEL k
GETEX k EX 100
GETSET k 1
SET k 1 EX 100 => GETSET k 2
MSET a 1 b 2 a 3
SET a 1 => MSET a 1 b 2
MSETNX a 1 b 2
SET a 1 => MSETNX a 1 b 2
PSETEX k 100000 v
SETEX k 100 v
SET k v
SET k old => SET k v
RPUSH k x => SET k v
SET k v EX 100
SET k v PX 100000
SET k v EXAT 9999999999
SET k v EXAT 1
SET k old => SET k v EXAT 1
SET k v NX
SET k old => SET k v NX
SET k v XX
SET k old => SET k v XX KEEPTTL
SET k old => SET k v GET
SETNX k v
SET k old => SETNX k v
SETRANGE k 3 abc
SET k abc => SETRANGE k 1 x
SETRANGE k 0 ""
SETBIT k 5 1
SET k a => SETBIT k 1 1
BITFIELD k SET u8 0 5
BITFIELD k GET u8 0
BITFIELD k SET u8 0 0
SET k a => BITFIELD k INCRBY u8 0 1 SET u8 8 9
SET a x => BITOP NOT d a
SET d x => BITOP AND d none
BITOP AND d none
PFADD k a
PFADD k
PFADD k a => PFADD k a
PFADD k a => PFADD k b
PFADD a x => PFMERGE d a
PFADD a x | PFADD d y => PFMERGE d a
PFMERGE d none
PFADD a x => PFDEBUG TODENSE a
PFADD a x => PFCOUNT a
SET a 1 => COPY a b
SET a 1 | SET b 2 => COPY a b
SET a 1 | RPUSH b 2 => COPY a b REPLACE
SET a 1 EX 100 => COPY a b
SET a 1 => COPY a b DB 3
DEL k
MSET a 1 b 2 => DEL a none b a
MSET a 1 b 2 => UNLINK a none b
SET k 1 => EXPIRE k 100
EXPIRE k 100
SET k 1 => EXPIRE k 0
SET k 1 => EXPIRE k -1
SET k 1 => EXPIRE k 100 XX
SET k 1 => EXPIREAT k 9999999999
SET k 1 => EXPIREAT k 1
SET k 1 => PEXPIRE k 100000
SET k 1 => PEXPIREAT k 1
SET k 1 => PEXPIREAT k 9999999999999 NX
SET k 1 EX 100 => PERSIST k
SET k 1 => PERSIST k
SET k 1 => MOVE k 1
MOVE k 1
SET a 1 => RENAME a b
SET a 1 | SET b 2 => RENAME a b
SET a 1 => RENAME a a
SET a 1 => RENAMENX a b
SET a 1 | SET b 2 => RENAMENX a b
RESTORE k 0 "\\x00\\xc0\\x01\\n\\x00&x\\xe7\\xb6\\xd1\\x01\\x11\\xfc"
RESTORE k 100000 "\\x00\\xc0\\x01\\n\\x00&x\\xe7\\xb6\\xd1\\x01\\x11\\xfc"
SET k old => RESTORE k 0 "\\x00\\xc0\\x01\\n\\x00&x\\xe7\\xb6\\xd1\\x01\\x11\\xfc" REPLACE
SET k old => RESTORE k 1 "\\x00\\xc0\\x01\\n\\x00&x\\xe7\\xb6\\xd1\\x01\\x11\\xfc" REPLACE ABSTTL
RESTORE k 1 "\\x00\\xc0\\x01\\n\\x00&x\\xe7\\xb6\\xd1\\x01\\x11\\xfc" ABSTTL
RPUSH a 3 1 2 => SORT a STORE d
SADD a 3 1 2 | SET d x => SORT a STORE d
SET d x => SORT none STORE d
SORT none STORE d
RPUSH a 3 1 2 => SORT a
HSET k f v
HSET k f v => HSET k f w g x
HSET k f v => HDEL k f
HSET k f v g w => HDEL k f none
HSET k f v => HDEL k none
HINCRBY k f 1
HINCRBYFLOAT k f 1.5
HMSET k f v g w
HSETNX k f v
HSET k f v => HSETNX k f v
RPUSH a x => BLMOVE a b LEFT RIGHT 0
RPUSH a x y => BLMOVE a b LEFT RIGHT 0
RPUSH a x y => BLMOVE a a LEFT RIGHT 0
RPUSH a x y z => BLMPOP 0 2 none a LEFT COUNT 2
RPUSH a x => BLMPOP 0 1 a LEFT COUNT 2
RPUSH a x => BLPOP none a 0
RPUSH a x y => BLPOP a 0
RPUSH a x => BRPOP a 0
RPUSH a x y => BRPOPLPUSH a b 0
RPUSH a x y => BRPOPLPUSH a a 0
RPUSH a x => LINSERT a BEFORE x w
RPUSH a x => LINSERT a AFTER none w
LINSERT a AFTER none w
RPUSH a x y | RPUSH b z => LMOVE a b RIGHT LEFT
RPUSH a x => LMOVE a b RIGHT LEFT
LMOVE a b RIGHT LEFT
RPUSH a x => LMPOP 1 a RIGHT
RPUSH a x y z => LMPOP 1 a RIGHT COUNT 2
LMPOP 1 a RIGHT
RPUSH a x => LPOP a
RPUSH a x y z => LPOP a 2
RPUSH a x y z => LPOP a 3
RPUSH a x => LPOP a 0
LPOP a
LPUSH a x y
LPUSHX a x
RPUSH a x => LPUSHX a y
RPUSH a x y x => LREM a 0 x
RPUSH a x => LREM a 0 x
RPUSH a x => LREM a 0 none
RPUSH a x => LSET a 0 y
RPUSH a x y z => LTRIM a 0 0
RPUSH a x => LTRIM a 5 6
RPUSH a x => LTRIM a 0 -1
LTRIM a 0 -1
RPUSH a x y => RPOP a
RPUSH a x => RPOP a 5
RPUSH a x y => RPOPLPUSH a b
RPUSH a x => RPOPLPUSH a b
RPUSH a x => RPOPLPUSH a a
RPUSH a x y
RPUSH a x => RPUSHX a y
RPUSHX a y
SADD a 1 2
SADD a 1 => SADD a 1
SADD a 1 2 | SADD b 1 => SDIFFSTORE d a b
SADD a 1 | SADD b 1 | SET d x => SDIFFSTORE d a b
SADD a 1 | SADD b 1 | SADD d x => SDIFFSTORE d a b
SDIFFSTORE d a b
SADD a 1 2 | SADD b 1 => SINTERSTORE d a b
SADD d x => SINTERSTORE d a b
SADD a 1 2 | SADD b 1 | SADD d x => SUNIONSTORE d a b
SADD d x => SUNIONSTORE d a b
SADD a 1 2 => SMOVE a b 1
SADD a 1 => SMOVE a b 1
SADD a 1 | SADD b 1 => SMOVE a b 1
SADD a 1 => SMOVE a b none
SADD a 1 => SMOVE a a 1
SADD a 1 => SPOP a
SADD a 1 2 3 => SPOP a
SADD a 1 2 3 4 5 6 => SPOP a 2
SADD a 1 2 3 => SPOP a 5
SADD a 1 2 3 => SPOP a 0
SPOP a
SADD a 1 2 => SREM a 1 none
SADD a 1 => SREM a 1
SADD a 1 => SREM a none
ZADD a 1 x => BZMPOP 0 1 a MIN
ZADD a 1 x 2 y 3 z => BZMPOP 0 1 a MAX COUNT 2
ZADD a 1 x => BZPOPMAX a 0
ZADD a 1 x 2 y => BZPOPMIN none a 0
ZADD a 1 x 2 y
ZADD a 1 x => ZADD a 1 x
ZADD a 1 x => ZADD a 2 x
ZADD a XX 1 x
ZADD a 1 x => ZADD a INCR 2 x
ZADD a INCR 2 x
ZADD a 1 x => ZADD a NX INCR 2 x
ZADD a 1 x 2 y | ZADD b 1 x => ZDIFFSTORE d 2 a b
ZADD a 1 x | ZADD b 1 x | SET d x => ZDIFFSTORE d 2 a b
ZDIFFSTORE d 2 a b
ZINCRBY a 1 x
ZADD a 1 x | ZADD b 1 x => ZINTERSTORE d 2 a b
ZADD d 1 x => ZINTERSTORE d 2 a b
ZADD a 1 x | ZADD b 1 x | RPUSH d x => ZUNIONSTORE d 2 a b
ZADD d 1 x => ZUNIONSTORE d 2 a b
ZADD a 1 x => ZMPOP 2 none a MIN
ZADD a 1 x 2 y 3 z => ZMPOP 1 a MAX COUNT 2
ZMPOP 1 a MAX
ZADD a 1 x => ZPOPMAX a
ZADD a 1 x 2 y 3 z => ZPOPMIN a 2
ZADD a 1 x => ZPOPMIN a 0
ZPOPMIN a
ZADD a 1 x 2 y 3 z => ZRANGESTORE d a 0 1
ZADD a 1 x | ZADD d 1 y => ZRANGESTORE d a 5 6
ZRANGESTORE d a 5 6
ZADD a 1 x 2 y => ZREM a x none
ZADD a 1 x => ZREM a x
ZADD a 1 x => ZREM a none
ZADD a 0 x 0 y => ZREMRANGEBYLEX a [x [x
ZADD a 0 x => ZREMRANGEBYLEX a - +
ZADD a 0 x => ZREMRANGEBYLEX a [y [z
ZADD a 1 x 2 y => ZREMRANGEBYRANK a 0 0
ZADD a 1 x 2 y => ZREMRANGEBYRANK a 0 -1
ZADD a 1 x 2 y => ZREMRANGEBYSCORE a 1 1
ZADD a 1 x 2 y => ZREMRANGEBYSCORE a -inf +inf
XADD s 1-1 f v
XADD s NOMKSTREAM 1-1 f v
XADD s 1-1 f v => XADD s 1-2 f v
XADD s 1-1 f v | XADD s 1-2 f v => XADD s MAXLEN 1 1-3 f v
XADD s MAXLEN 10 1-3 f v
XADD s 1-1 f v => XDEL s 1-1 9-9
XADD s 1-1 f v => XDEL s 9-9
XADD s 1-1 f v | XADD s 1-2 f v => XTRIM s MAXLEN 1
XADD s 1-1 f v => XTRIM s MAXLEN 1
XADD s 1-1 f v | XADD s 1-2 f v => XTRIM s MINID 1-2
XADD s 1-1 f v => XSETID s 5-5
XGROUP CREATE s g $ MKSTREAM
XADD s 1-1 f v => XGROUP CREATE s g 0
XGROUP CREATE s g $ MKSTREAM => XGROUP CREATECONSUMER s g c
XGROUP CREATE s g $ MKSTREAM | XGROUP CREATECONSUMER s g c => XGROUP CREATECONSUMER s g c
XGROUP CREATE s g $ MKSTREAM | XGROUP CREATECONSUMER s g c => XGROUP DELCONSUMER s g c
XGROUP CREATE s g $ MKSTREAM => XGROUP DELCONSUMER s g c
XGROUP CREATE s g $ MKSTREAM => XGROUP SETID s g 0
XGROUP CREATE s g $ MKSTREAM => XGROUP DESTROY s g
XGROUP CREATE s g $ MKSTREAM => XGROUP DESTROY s h
XADD s 1-1 f v | XGROUP CREATE s g 0 => XREADGROUP GROUP g c STREAMS s >
XGROUP CREATE s g 0 MKSTREAM => XREADGROUP GROUP g c STREAMS s > ==> xgroup-createconsumer:s
XADD s 1-1 f v | XGROUP CREATE s g 0 | XGROUP CREATECONSUMER s g c => \
XREADGROUP GROUP g c NOACK STREAMS s >
XADD s 1-1 f v | XGROUP CREATE s g 0 | XREADGROUP GROUP g c STREAMS s > => \
XREADGROUP GROUP g c STREAMS s 0
XADD s 1-1 f v | XGROUP CREATE s g 0 | XREADGROUP GROUP g c STREAMS s > => XACK s g 1-1
XADD s 1-1 f v | XGROUP CREATE s g 0 | XREADGROUP GROUP g c STREAMS s > => XCLAIM s g d 0 1-1
XADD s 1-1 f v | XGROUP CREATE s g 0 | XREADGROUP GROUP g c STREAMS s > => XCLAIM s g c 0 1-1 JUSTID
XADD s 1-1 f v | XGROUP CREATE s g 0 | XREADGROUP GROUP g c STREAMS s > => XAUTOCLAIM s g d 0 0
XGROUP CREATE s g 0 MKSTREAM => XAUTOCLAIM s g d 0 0 ==> xgroup-createconsumer:s
GEOADD a 1 1 x
GEOADD a 1 1 x => GEOADD a 1 1 x
GEOADD a 1 1 x => GEOADD a 2 2 x
GEOADD a 1 1 x 2 2 y => GEORADIUS a 1 1 500 km STORE d
GEOADD a 1 1 x | SET d x => GEORADIUS a 50 50 1 km STORE d
GEOADD a 1 1 x 2 2 y => GEORADIUSBYMEMBER a x 500 km STOREDIST d
GEOADD a 1 1 x 2 2 y => GEOSEARCHSTORE d a FROMMEMBER x BYRADIUS 500 km
GEOADD a 1 1 x | SET d x => GEOSEARCHSTORE d a FROMLONLAT 50 50 BYRADIUS 1 km
GEOSEARCHSTORE d none FROMLONLAT 50 50 BYRADIUS 1 km
FUNCTION LOAD REPLACE "#!lua name=lib\\nredis.register_function('f', function(keys) return \
redis.call('SET', keys[1], 1) end)"
FUNCTION LOAD REPLACE "#!lua name=lib\\nredis.register_function('f', function() return 1 end)" \
=> FUNCTION DELETE lib
FUNCTION FLUSH
FUNCTION RESTORE "\\xf5@D#!lua name=lib\\nredis.register_function('f', function() return 1 \
end)\\n\\x00\\xaf\\xecJ\\xc1\\r\\xc9\\x0c\\xa3"
SET a 1 => FLUSHALL
SET a 1 => FLUSHDB
SET a 1 => SWAPDB 0 1
EVAL "redis.call('SET', KEYS[1], 1) redis.call('DEL', KEYS[1]) return redis.call('LPUSH', \
KEYS[1], 1)" 1 k
SET k 1 PX 1 => GET k
HSET k f v => HEXPIRE k 100 FIELDS 1 f ==> hexpire:k
HSET k f v => HEXPIRE k 0 FIELDS 1 f ==> hdel:k del:k
HSET k f v g w => HPEXPIRE k 0 FIELDS 1 f ==> hdel:k
HSET k f v => HPEXPIRE k 100000 FIELDS 1 f ==> hexpire:k
HSET k f v => HEXPIREAT k 9999999999 FIELDS 1 f ==> hexpire:k
HSET k f v => HPEXPIREAT k 9999999999999 FIELDS 1 f ==> hexpire:k
HSET k f v => HPERSIST k FIELDS 1 f ==>
HSET k f v | HEXPIRE k 100 FIELDS 1 f => HPERSIST k FIELDS 1 f ==> hpersist:k
HSET k f v => HGETDEL k FIELDS 1 f ==> hdel:k del:k
HSET k f v g w => HGETDEL k FIELDS 1 f ==> hdel:k
HSET k f v => HGETEX k FIELDS 1 f ==>
HSET k f v => HGETEX k EX 100 FIELDS 1 f ==> hexpire:k
HSET k f v | HEXPIRE k 100 FIELDS 1 f => HGETEX k PERSIST FIELDS 1 f ==> hpersist:k
HSET k f v => HGETEX k PXAT 1 FIELDS 1 f ==> hdel:k del:k
HSETEX k FIELDS 1 f v ==> hset:k
HSETEX k EX 100 FIELDS 1 f v ==> hset:k hexpire:k
SET k v => DELIFEQ k v ==> del:k
SET k v => DELIFEQ k w ==>
SET k v => SET k w IFEQ v ==> set:k
"""

READS = """
GET k
SET k 1 => GET k
MGET a b
STRLEN k
GETRANGE k 0 1
EXISTS a b
TTL k
TYPE k
OBJECT ENCODING k
TOUCH k
LLEN k
LRANGE k 0 -1
HGET k f
HGETALL k
SMEMBERS k
SINTER a b
ZRANGE k 0 -1
ZSCORE k m
ZUNION 2 a b
XLEN s
XRANGE s - +
XREAD STREAMS s 0
PFCOUNT k
GETBIT k 1
BITCOUNT k
SORT k
DUMP k
RANDOMKEY
SCAN 0
GEOPOS k m
LCS a b
EXPIRETIME k
GETEX k
BITFIELD_RO k GET u8 0
SRANDMEMBER k
HSCAN k 0
"""
