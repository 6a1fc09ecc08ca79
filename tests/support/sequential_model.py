"""What some commands, transactions and scripts do to a few keys, one at a time.

The state is a tuple of values: first those of STRINGS (bytes or None), then those of LISTS (tuples
of bytes; an empty one does not exist). Replies are as the client of the tests gives them, without
their kinds.
"""

from support.linearizability import ANY

STRINGS = ("s0", "s1", "s2")
LISTS = ("l0", "l1")
KEYS = STRINGS + LISTS
EMPTY = (None,) * len(STRINGS) + ((),) * len(LISTS)

# Moves ARGV[1] from one number to another, and tells both. The keys are declared or not.
TRANSFER = """
local from, to, amount = KEYS[1] or ARGV[2], KEYS[2] or ARGV[3], tonumber(ARGV[1])
redis.call('DECRBY', from, amount)
redis.call('INCRBY', to, amount)
return {redis.call('GET', from), redis.call('GET', to)}
"""


def at(key):
    return KEYS.index(key)


def put(state, key, value):
    index = at(key)
    return state[:index] + (value,) + state[index + 1 :]


def exists(state, key):
    return bool(state[at(key)]) or isinstance(state[at(key)], bytes)


def _add(state, key, amount):
    total = int(state[at(key)] or 0) + amount
    return put(state, key, b"%d" % total), total


def _set(state, key, value, *options):
    before = state[at(key)]
    if "NX" in options and before is not None:
        return state, None
    return put(state, key, value), before if "GET" in options else b"OK"


def _getdel(state, key):
    return put(state, key, None), state[at(key)]


def _mset(state, *pairs):
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        state = put(state, key, value)
    return state, b"OK"


def _msetnx(state, *pairs):
    if any(exists(state, key) for key in pairs[::2]):
        return state, 0
    return _mset(state, *pairs)[0], 1


def _mget(state, *keys):
    return state, [state[at(key)] for key in keys]


def _del(state, *keys):
    count = sum(exists(state, key) for key in keys)
    for key in keys:
        state = put(state, key, None if key in STRINGS else ())
    return state, count


def _exists(state, *keys):
    return state, sum(exists(state, key) for key in keys)


def _rename(state, old, new):
    if state[at(old)] is None:
        return state, b"ERR no such key"
    return put(put(state, new, state[at(old)]), old, None), b"OK"


def _rpush(state, key, *values):
    longer = state[at(key)] + values
    return put(state, key, longer), len(longer)


def _lpop(state, key):
    first, *rest = state[at(key)] or (None,)
    return put(state, key, tuple(rest)), first


def _lmove(state, giver, taker, _left, _right):
    if not state[at(giver)]:
        return state, None
    first, *rest = state[at(giver)]
    state = put(state, giver, tuple(rest))
    return put(state, taker, state[at(taker)] + (first,)), first


def _lrange(state, key, _start, _stop):
    return state, list(state[at(key)])


def _transfer(state, amount, giver, taker):
    state, _ = _add(state, giver, -amount)
    state, _ = _add(state, taker, amount)
    return state, [state[at(giver)], state[at(taker)]]


def _exec(state, *commands):
    replies = []
    for command in commands:
        state, reply = apply(state, command)
        replies.append(reply)
    return state, replies


def _compare_and_set(state, key, seen, value, won):
    """WATCH, GET, then SET in a transaction: `seen` is what GET said."""
    if not won:
        return state, ANY
    return (put(state, key, value), ANY) if state[at(key)] == seen else (state, None)


_COMMANDS = {
    "GET": lambda state, key: (state, state[at(key)]),
    "SET": _set,
    "INCRBY": _add,
    "GETDEL": _getdel,
    "MSET": _mset,
    "MSETNX": _msetnx,
    "MGET": _mget,
    "DEL": _del,
    "EXISTS": _exists,
    "RENAME": _rename,
    "RPUSH": _rpush,
    "LPOP": _lpop,
    "LMOVE": _lmove,
    "LRANGE": _lrange,
    "TRANSFER": _transfer,
    "TRANSFER_UNDECLARED": _transfer,
    "EXEC": _exec,
    "COMPARE_AND_SET": _compare_and_set,
}


def apply(state, command):
    """Returns the state after the command and its reply."""
    return _COMMANDS[command[0]](state, *command[1:])


def requests(command):
    """Returns what is sent for a command; the reply to the last of them is the command's."""
    name, *arguments = command
    if name == "TRANSFER":
        amount, giver, taker = arguments
        return [("EVAL", TRANSFER, 2, giver, taker, amount)]
    if name == "TRANSFER_UNDECLARED":
        amount, giver, taker = arguments
        return [("EVAL", TRANSFER, 0, amount, giver, taker)]
    if name == "EXEC":
        return [("MULTI",), *(requests(queued)[0] for queued in arguments), ("EXEC",)]
    return [command]
