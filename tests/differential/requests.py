"""Requests for any command, made from the arguments that COMMAND DOCS says it takes."""

import random

# Words that are not among a command's pure tokens but that its arguments are made of.
_VALUES = {
    "integer": [b"1", b"2", b"0", b"10"],
    "double": [b"1.5", b"0"],
    "unix-time": [b"4102444800"],
    "pattern": [b"a:*", b"b:*", b"*"],
    "string": [b"v", b"w", b"0-1"],
}
REPEATS_MAX = 3


class Requests:
    """Makes requests of commands; the same seed makes the same ones.

    `keys` and `channels` are what keys and channels are taken from.
    """

    def __init__(self, seed, keys, channels):
        self._random = random.Random(seed)
        self._keys = keys
        self._channels = channels

    def make(self, name, documented):
        """Returns one request of the command `name` ("config|get") with arguments like these."""
        request = name.encode().split(b"|")
        self._append(request, documented)
        return request

    def _append(self, request, arguments):
        at = 0
        while at < len(arguments):
            argument = arguments[at]
            following = arguments[at + 1] if at + 1 < len(arguments) else None
            if argument["name"] == b"numkeys" and following is not None:
                count = self._random.randrange(1, REPEATS_MAX + 1)
                request.append(self._count_of_keys(count))
                for _ in range(count):
                    self._append_once(request, following)
                at += 2
                continue
            if not argument["optional"] or self._random.random() < 0.5:
                self._append_one(request, argument)
            at += 1

    def _count_of_keys(self, count):
        """Now and then a count that is not that of the keys."""
        wrong = [b"0", b"-1", b"x", b"100", b"%d" % (count + 1), b"2147483648"]
        return self._random.choice(wrong) if self._random.random() < 0.08 else b"%d" % count

    def _append_one(self, request, argument):
        count = self._random.randrange(1, REPEATS_MAX + 1) if argument["multiple"] else 1
        for number in range(count):
            token = argument["token"]
            if token and argument["type"] != b"pure-token":
                if number == 0 or argument["multiple_token"]:
                    request.append(self._cased(token))
            self._append_once(request, argument)

    def _append_once(self, request, argument):
        kind = argument["type"].decode()
        if kind == "pure-token":
            request.append(self._cased(argument["token"]))
        elif kind == "oneof":
            self._append_one(request, self._random.choice(argument["arguments"]))
        elif kind == "block":
            self._append(request, argument["arguments"])
        elif kind == "key":
            request.append(self._random.choice(self._keys))
        elif b"channel" in argument["name"] or b"pattern" in argument["name"]:
            request.append(self._random.choice(self._channels))
        else:
            request.append(self._random.choice(_VALUES[kind]))

    def _cased(self, token):
        return token.lower() if self._random.random() < 0.2 else token


def documented_commands(client):
    """Returns (group, arguments) of each command of a server, those of subcommands with a bar."""
    found = {}

    def note(name, docs):
        docs = {key.value: value for key, value in _pairs(docs)}
        if b"subcommands" in docs:
            for sub, sub_docs in _pairs(docs[b"subcommands"]):
                note(sub.value.decode().lower(), sub_docs)
            return
        arguments = [_argument(item) for item in _items(docs.get(b"arguments"))]
        found[name] = docs[b"group"].value, arguments

    for name, docs in _pairs(client.call("COMMAND", "DOCS")):
        note(name.value.decode().lower(), docs)
    return found


def _argument(reply):
    fields = {key.value: value for key, value in _pairs(reply)}
    flags = {item.value for item in _items(fields.get(b"flags"))}
    token = fields.get(b"token")
    return {
        "name": fields[b"name"].value,
        "type": fields[b"type"].value,
        "token": token.value if token else b"",
        "optional": b"optional" in flags,
        "multiple": b"multiple" in flags,
        "multiple_token": b"multiple_token" in flags,
        "arguments": [_argument(item) for item in _items(fields.get(b"arguments"))],
    }


def _items(reply):
    return reply.value if reply is not None else []


def _pairs(reply):
    if reply.kind == "map":
        return reply.value
    return list(zip(reply.value[::2], reply.value[1::2]))
