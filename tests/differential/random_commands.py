"""Random commands over a small key space: mostly sensible, some of them wrong on purpose.

Nothing that is made here depends on the moment at which it is executed: times to live are over at
once, or last for longer than any run; what ends soon is followed by a pause.
"""

import random

from differential import (
    geo_commands,
    hash_commands,
    list_commands,
    set_commands,
    sort_commands,
    sorted_set_commands,
    stream_commands,
)

KEYS = [b"k%d" % number for number in range(12)]
KEYS += [b"", b"key with space", b"\0bin\xff", b"{tag}a"]
# Keys that mostly hold one type, so that its commands find something.
TYPED_KEYS = [b"%c%d" % (letter, number) for letter in b"ghlpstxz" for number in range(5)]
DATABASES = 3
FAR_SECONDS = 4102444800

# Arguments that are wrong nearly everywhere. Integers that would be valid but enormous offsets,
# or times to live that end within the run, are not among them.
JUNK = [
    b"", b"abc", b" 1", b"1 ", b"1.5", b"+1", b"-0", b"01", b"0x10", b"1e3", b"nan", b"inf",
    b"\x00", b"-1", b"0", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808",
    b"4294967296", b"FOO", b"NX", b"XX", b"GET", b"EX", b"KEEPTTL", b"*", b"#1",
]  # fmt: skip


class Pause:
    """Asks the runner to let some time pass on both servers."""

    def __init__(self, seconds):
        self.seconds = seconds


class Commands:
    """Makes commands; the same seed makes the same ones."""

    def __init__(self, seed, known):
        """`known`: those of OTHER_COMMANDS that both servers know."""
        self._random = random.Random(seed)
        weights = dict(_WEIGHTS)
        if len(known) == len(OTHER_COMMANDS):
            weights |= _OTHER_TYPES
        for name, family in _FAMILIES.items():
            if name in known:
                weights |= family.WEIGHTS
        self._makers = list(weights)
        self._weights = list(weights.values())

    def next(self):
        """Returns a list of steps: commands (lists of bytes) and pauses."""
        roll = self._random.random()
        if roll < 0.01:
            return self._transaction()
        if roll < 0.015:
            return self._short_life()
        return [self._command()]

    def chance(self, probability):
        return self._random.random() < probability

    def pipeline_length(self):
        return self._random.choice([1, 1, 2, 5, 30])

    def _command(self):
        maker = self._random.choices(self._makers, self._weights)[0]
        return self._spoil(_bytes(maker(self)))

    def _spoil(self, command):
        """Makes one command in twelve wrong, or differently written."""
        roll = self._random.random()
        at = self._random.randrange(len(command))
        if command[0] in (b"SCAN", b"HSCAN", b"SSCAN", b"ZSCAN") and at < 3:
            return command  # What another cursor than 0 finds is up to the server.
        if command[0] == b"SPOP":
            return command  # Which of the members are taken is up to the server.
        if command[0] in (b"ZRANK", b"ZREVRANK"):
            return command  # A fourth argument is an error that spoils a transaction, or is not.
        if command[0] == b"ZADD" and command[1].startswith(b"t"):
            return command  # Ranges of texts need members of the same score.
        if command[0] in stream_commands.UNSPOILT:
            return command
        if roll < 0.02:
            del command[max(at, 1) :]
        elif roll < 0.04:
            command.insert(max(at, 1), self._random.choice(JUNK))
        elif roll < 0.08 and at > 0:
            command[at] = self._random.choice(JUNK)
        elif roll < 0.12:
            command[0] = command[0].lower()
        return command

    def _transaction(self):
        steps = [[b"MULTI"]]
        for _ in range(self._random.randrange(6)):
            command = self._command()
            if command[0].upper() in EXACT_IN_TRANSACTIONS:
                steps.append(command)
        return steps + [[self._random.choice([b"EXEC", b"EXEC", b"EXEC", b"DISCARD"])]]

    def _short_life(self):
        key = self.key()
        command = self.one_of(
            ["SET", key, self.value(), "PX", 2],
            ["SET", key, self.value(), "EXAT", 1],
            ["PSETEX", key, 2, self.value()],
            ["PEXPIRE", key, 2],
            ["GETEX", key, "PX", 2],
        )
        # The look at the key makes sure that it has gone, and DBSIZE does not count it any more.
        return [_bytes(command), Pause(0.008), _bytes(["EXISTS", key])]

    # What the makers below are made of.

    def one_of(self, *choices):
        return self._random.choice(choices)

    def key(self):
        return self._random.choice(KEYS)

    def key_of(self, letter):
        """Mostly a key whose values are of the type that the letter stands for."""
        if self.chance(0.1):
            return self.key()
        return self._random.choice([key for key in TYPED_KEYS if key.startswith(letter.encode())])

    def keys(self, least=1, most=4):
        return [self.key() for _ in range(self._random.randint(least, most))]

    def maybe(self, *arguments):
        return list(arguments) if self._random.random() < 0.5 else []

    def integer(self):
        return self.one_of(
            self._random.randint(-5, 20),
            self._random.randint(-1000000, 1000000),
            self._random.choice([2**63 - 1, -(2**63), 2**63 - 2, 2**31, -(2**31) - 1]),
        )

    def small(self, low, high):
        return self._random.randint(low, high)

    def number(self):
        return self.one_of(
            self.integer(),
            "%.3f" % self._random.uniform(-100, 100),
            self._random.choice(["0.1", "1e10", "-2.5e-3", "3.0", "1e300", "0.00000000000000001"]),
        )

    def value(self):
        return self.one_of(
            self.number(),
            self.integer(),
            self.small(0, 300),
            "",
            self._random.choice(["hello", "ohmytext", "mynewtext", "a b", "1 ", "\x00\xff\r\n"]),
            self._random.randbytes(self._random.choice([1, 8, 44, 45, 64, 300])),
            "x" * self.small(40, 50),
        )

    def seconds(self):
        return self.one_of(self.small(10000, 1000000), self.small(10000, 1000000), 0, -1)

    def far_time(self, unit):
        return (FAR_SECONDS + self.small(0, 5)) * unit

    def life(self):
        """Options that set a time to live."""
        return self.one_of(
            ["EX", self.seconds()],
            ["PX", self.small(10_000_000, 100_000_000)],
            ["EXAT", self.far_time(1)],
            ["PXAT", self.far_time(1000)],
        )

    def range(self):
        return [self.small(-12, 12), self.small(-12, 12)]

    def field_type(self):
        sign = self.one_of("u", "i")
        width = self.one_of(1, 2, 4, 5, 7, 8, 13, 16, 31, 32, 33, 62, 63, self.small(1, 64))
        return sign + str(width)

    def field_offset(self):
        return self.one_of(self.small(0, 300), "#%d" % self.small(0, 10), 0, 8)


def _bytes(command):
    return [
        item if isinstance(item, bytes) else str(item).encode("latin-1", "replace")
        for item in command
    ]


def _set(c):
    options = c.one_of(
        [], [], c.life(), ["KEEPTTL"], ["NX"], ["XX"], ["GET"], ["NX", "GET"], ["XX", *c.life()],
        ["KEEPTTL", "GET"], ["NX", *c.life()], [*c.life(), "GET"], [*c.life(), "KEEPTTL"],
    )  # fmt: skip
    return ["SET", c.key(), c.value(), *options]


def _pairs(c):
    return [item for key in c.keys() for item in (key, c.value())]


def _bitfield(c):
    command = ["BITFIELD", c.key()]
    for _ in range(c.small(0, 3)):
        command += c.one_of(
            ["GET", c.field_type(), c.field_offset()],
            ["SET", c.field_type(), c.field_offset(), c.integer()],
            ["INCRBY", c.field_type(), c.field_offset(), c.integer()],
            ["OVERFLOW", c.one_of("WRAP", "SAT", "FAIL")],
        )
    return command


def _bit_range(c):
    return c.one_of([], c.range(), [*c.range(), c.one_of("BYTE", "BIT")])


def _lcs(c):
    options = [option for option in (["LEN"], ["IDX"], ["WITHMATCHLEN"]) if c.chance(0.3)]
    return ["LCS", c.key(), c.key(), *sum(options, []), *c.maybe("MINMATCHLEN", c.small(-1, 5))]


def _expire(c):
    name, time = c.one_of(
        ("EXPIRE", c.seconds()),
        ("PEXPIRE", c.one_of(c.small(10_000_000, 100_000_000), 0, -5)),
        ("EXPIREAT", c.one_of(c.far_time(1), 1, 0, -7)),
        ("PEXPIREAT", c.one_of(c.far_time(1000), 1, 0)),
    )
    options = c.one_of([], [], ["NX"], ["XX"], ["GT"], ["LT"], ["XX", "GT"], ["NX", "LT"])
    return [name, c.key(), time, *options]


def _scan(c):
    match = c.maybe("MATCH", c.one_of("k*", "k1?", "*", "[^k]*", "k[0-4]"))
    of_type = c.maybe("TYPE", c.one_of("string", "string", "list"))
    return ["SCAN", 0, *match, *c.maybe("COUNT", c.small(1, 20)), *of_type]


_WEIGHTS = {
    _set: 40,
    lambda c: ["GET", c.key()]: 20,
    lambda c: ["APPEND", c.key(), c.value()]: 8,
    lambda c: [c.one_of("INCR", "DECR"), c.key()]: 8,
    lambda c: [c.one_of("INCRBY", "DECRBY"), c.key(), c.integer()]: 8,
    lambda c: ["INCRBYFLOAT", c.key(), c.number()]: 8,
    lambda c: ["GETDEL", c.key()]: 4,
    lambda c: ["GETEX", c.key(), *c.one_of([], ["PERSIST"], ["EXAT", 1], c.life())]: 5,
    lambda c: [c.one_of("GETRANGE", "SUBSTR"), c.key(), *c.range()]: 8,
    lambda c: ["GETSET", c.key(), c.value()]: 4,
    _lcs: 4,
    lambda c: ["MGET", *c.keys()]: 6,
    lambda c: ["MSET", *_pairs(c)]: 6,
    lambda c: ["MSETNX", *_pairs(c)]: 4,
    lambda c: ["SETEX", c.key(), c.seconds(), c.value()]: 3,
    lambda c: ["PSETEX", c.key(), c.small(10_000_000, 100_000_000), c.value()]: 3,
    lambda c: ["SETNX", c.key(), c.value()]: 4,
    lambda c: ["SETRANGE", c.key(), c.small(-1, 70), c.value()]: 8,
    lambda c: ["STRLEN", c.key()]: 5,
    lambda c: ["SETBIT", c.key(), c.small(-1, 600), c.one_of(0, 1, 1, 2)]: 8,
    lambda c: ["GETBIT", c.key(), c.small(-1, 600)]: 5,
    lambda c: ["BITCOUNT", c.key(), *_bit_range(c)]: 6,
    lambda c: ["BITPOS", c.key(), c.small(0, 1), *c.one_of([c.small(-9, 9)], _bit_range(c))]: 6,
    lambda c: ["BITOP", c.one_of("AND", "OR", "XOR"), c.key(), *c.keys()]: 6,
    lambda c: ["BITOP", "NOT", c.key(), *c.keys(1, 2)]: 3,
    _bitfield: 10,
    lambda c: ["BITFIELD_RO", c.key(), *c.maybe("GET", c.field_type(), c.field_offset())]: 3,
    lambda c: [c.one_of("DEL", "UNLINK"), *c.keys(1, 2)]: 10,
    lambda c: [c.one_of("EXISTS", "TOUCH"), *c.keys()]: 6,
    _expire: 16,
    lambda c: [c.one_of("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"), c.key()]: 10,
    lambda c: ["PERSIST", c.key()]: 5,
    lambda c: ["TYPE", c.key()]: 4,
    lambda c: ["OBJECT", c.one_of("ENCODING", "ENCODING", "FREQ", "REFCOUNT"), c.key()]: 6,
    lambda c: ["COPY", c.key(), c.key(), *c.maybe("DB", c.small(0, 2)), *c.maybe("REPLACE")]: 6,
    lambda c: [c.one_of("RENAME", "RENAMENX"), c.key(), c.key()]: 8,
    lambda c: ["MOVE", c.key(), c.small(0, DATABASES)]: 4,
    lambda c: ["SELECT", c.small(0, DATABASES - 1)]: 3,
    lambda c: ["SWAPDB", c.small(0, DATABASES - 1), c.small(0, DATABASES - 1)]: 1,
    lambda c: ["KEYS", c.one_of("*", "k?", "k[1-3]*", "*[", "\\*", "{*")]: 2,
    _scan: 2,
    lambda c: ["RANDOMKEY"]: 1,
    lambda c: ["DBSIZE"]: 2,
    lambda c: [c.one_of("FLUSHDB", "FLUSHDB", "FLUSHDB", "FLUSHALL")]: 0.3,
    lambda c: [c.one_of("ECHO", "PING"), c.value()]: 1,
    lambda c: ["NOTHING", c.value()]: 1,
}

# Keys that hold no string, for the commands that do not want them.
_OTHER_TYPES = {
    lambda c: ["RPUSH", c.key(), "a", "b"]: 2,
    lambda c: ["SADD", c.key(), 1, 2, 3]: 2,
    lambda c: ["HSET", c.key(), "f", "v"]: 2,
    lambda c: ["ZADD", c.key(), 1, "a"]: 2,
    lambda c: ["XADD", c.key(), "0-*", "f", "v"]: 2,
}

# Of each type one command; and the families that can be made when it is known.
OTHER_COMMANDS = ["rpush", "sadd", "hset", "zadd", "geoadd", "xadd", "sort_ro"]
_FAMILIES = {
    "hset": hash_commands,
    "rpush": list_commands,
    "sadd": set_commands,
    "sort_ro": sort_commands,
    "xadd": stream_commands,
    "zadd": sorted_set_commands,
    "geoadd": geo_commands,
}

# Commands whose replies can be compared as they are, so that they may stand in a transaction.
EXACT_IN_TRANSACTIONS = set(
    b"SET GET APPEND INCR DECR INCRBY DECRBY INCRBYFLOAT GETDEL GETEX GETRANGE GETSET LCS MGET "
    b"MSET MSETNX SETNX SETRANGE STRLEN SETBIT GETBIT BITOP BITFIELD DEL UNLINK EXISTS PERSIST "
    b"TYPE COPY RENAME RENAMENX MOVE SELECT DBSIZE".split()
    + hash_commands.EXACT
    + sorted_set_commands.EXACT
    + geo_commands.EXACT
    + list_commands.EXACT
    + set_commands.EXACT
    + stream_commands.EXACT
)
