"""Reads transcripts and plays them against a server.

tests/transcripts/README.md has the notation.
"""

import pathlib
import re
import time
from dataclasses import dataclass, field

from support import notation, resp

# How long "(no reply)" listens before it believes that nothing comes.
SILENCE_SECONDS = 0.06
# Added to each @advance, because a key lives until its time has passed and not just come.
ADVANCE_SLACK_SECONDS = 0.004

_MODIFIERS = {"only", "unordered", "scan", "bytes", "let"}
_ACTIONS = {"advance", "client", "close", "resp2", "resp3", "flush", "push", "raw"}
_SUBSCRIBING = {
    b"SUBSCRIBE", b"UNSUBSCRIBE", b"PSUBSCRIBE", b"PUNSUBSCRIBE", b"SSUBSCRIBE", b"SUNSUBSCRIBE",
}  # fmt: skip


class BadTranscript(Exception):
    """The file does not keep to the notation."""


class Difference(Exception):
    """A reply is not what the transcript says; the text shows both."""


@dataclass
class Step:
    """One command or action, with what is expected of it."""

    action: str  # "command", or one of _ACTIONS.
    text: str
    line: int  # Counted from 1.
    expected: list = field(default_factory=list)
    modifiers: dict = field(default_factory=dict)

    @property
    def expects_reply(self):
        return self.action in ("command", "push", "raw")


@dataclass
class Transcript:
    """A parsed file."""

    path: pathlib.Path
    lines: list
    steps: list
    server_args: list = field(default_factory=list)
    needs: str = ""
    commands: list = field(default_factory=list)

    def runs_on(self, kind, version, known_commands):
        """`known_commands` returns the names of all commands of a kind of server."""
        if not condition_holds(self.needs, kind, version):
            return False
        return not self.commands or known_commands(kind).issuperset(self.commands)


def condition_holds(condition, kind, version):
    """Tells if one of the words of a condition fits: duplex, redis, >=7.2, redis<7.2."""
    return not condition or any(_word_holds(word, kind, version) for word in condition.split())


def _word_holds(word, kind, version):
    match = re.fullmatch(r"(duplex|redis)?(?:(>=|<)(\d+)\.(\d+))?", word)
    if not match:
        raise BadTranscript("unknown condition: " + word)
    if match[1] and match[1] != kind:
        return False
    if not match[2]:
        return True
    wanted = (int(match[3]), int(match[4]))
    return version[:2] >= wanted if match[2] == ">=" else version[:2] < wanted


def parse(path):
    """Reads a file; raises BadTranscript with the line if it is not well formed."""
    path = pathlib.Path(path)
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    result = Transcript(path, lines, [])
    modifiers = {}
    for number, line in enumerate(lines, 1):
        step = result.steps[-1] if result.steps else None
        try:
            if line.startswith("> "):
                result.steps.append(Step("command", line[2:], number, modifiers=modifiers))
                modifiers = {}
            elif line.startswith("@"):
                modifiers = _parse_directive(result, line[1:], number, modifiers)
            elif line and not line.startswith("#"):
                if step is None or not step.expects_reply:
                    raise BadTranscript("a reply without a command")
                step.expected.append(line)
        except BadTranscript as error:
            raise BadTranscript("%s:%d: %s" % (path, number, error)) from None
    return result


def _parse_directive(result, line, number, modifiers):
    """Returns the modifiers that wait for the next command."""
    name, _, rest = line.partition(" ")
    if name in _MODIFIERS:
        return {**modifiers, name: rest}
    if name == "server":
        result.server_args = [arg.decode() for arg in notation.split_arguments(rest)]
    elif name == "needs":
        result.needs = rest
    elif name == "with":
        result.commands = rest.lower().split()
    elif name in _ACTIONS:
        result.steps.append(Step(name, rest, number, modifiers=modifiers))
        return {}
    else:
        raise BadTranscript("unknown directive @" + name)
    return modifiers


_PATTERNS = {
    r"<int>": r"-?\d+",
    r"<float>": r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?",
    r"<hex>": r"[0-9a-f]+",
    r"<any>": r".*",
}


def _line_matches(expected, actual):
    if expected == actual:
        return True
    ranges = []

    def pattern(match):
        if match[0] in _PATTERNS:
            return _PATTERNS[match[0]]
        ranges.append((int(match[1]), int(match[2])))
        return r"(-?\d+)"

    regex = ""
    at = 0
    for match in re.finditer(r"<int>|<float>|<hex>|<any>|<(-?\d+)\.\.(-?\d+)>", expected):
        regex += re.escape(expected[at : match.start()]) + pattern(match)
        at = match.end()
    found = re.fullmatch(regex + re.escape(expected[at:]), actual)
    return bool(found) and all(
        low <= int(value) <= high for value, (low, high) in zip(found.groups(), ranges)
    )


def first_difference(expected, actual):
    """Returns None if the lines fit, or else the index of the first line that does not."""
    for index, line in enumerate(expected):
        if line.strip() == "<more>":
            rest = expected[index + 1 :]
            fits = any(
                first_difference(rest, actual[skip:]) is None
                for skip in range(index, len(actual) + 1)
            )
            return None if fits else index
        if index >= len(actual) or not _line_matches(line, actual[index]):
            return index
    return None if len(actual) == len(expected) else len(expected)


class Player:
    """Plays the steps of one transcript over as many connections as it names.

    The server is emptied first. What was expected and what came is kept in `answers`, by the index
    of the step, so that a recorder can write it down.
    """

    def __init__(self, transcript, server):
        self._transcript = transcript
        self._server = server
        self._clients = {}
        self._name = "a"
        self._variables = {"port": str(server.port), "dir": str(server.dir)}
        self.answers = {}

    def close(self):
        for client in self._clients.values():
            client.close()

    def play(self, compare=True):
        try:
            self._client.call("FLUSHALL")
            for index, step in enumerate(self._transcript.steps):
                if not self._applies(step):
                    continue
                answer = self._run(step)
                if answer is None:
                    continue
                expected = [self._substitute(line) for line in step.expected]
                self.answers[index] = (expected, answer)
                difference = first_difference(expected, answer)
                if compare and difference is not None:
                    text = _describe(self._transcript, step, expected, answer, difference)
                    raise Difference(text)
            if compare:
                self._expect_silence()
        finally:
            self.close()

    def _applies(self, step):
        only = step.modifiers.get("only", "")
        return condition_holds(only, self._server.kind, self._server.version)

    @property
    def _client(self):
        if self._name not in self._clients:
            self._clients[self._name] = self._server.client()
        return self._clients[self._name]

    def _run(self, step):
        """Returns the lines of the reply, or None for a step that has none."""
        if step.action == "command":
            return self._command(step)
        if step.action == "raw":
            self._client.send_raw(notation.split_arguments(self._substitute(step.text))[0])
            return self._answer(step, self._client.read)
        if step.action == "push":
            return self._answer(step, self._next_push)
        if step.action == "advance":
            time.sleep(_seconds(step.text) + ADVANCE_SLACK_SECONDS)
        elif step.action == "client":
            self._name = step.text
        elif step.action == "close":
            self._client.close()
            del self._clients[self._name]
        elif step.action == "flush":
            self._client.call("FLUSHALL")
        else:
            self._client.call("HELLO", step.action[-1])
        return None

    def _command(self, step):
        arguments = notation.split_arguments(self._substitute(step.text))
        if "scan" in step.modifiers:
            return notation.format_reply(self._scan(arguments))
        try:
            self._client.send(*arguments)
        except resp.ConnectionClosed:
            return ["(closed)"]
        if arguments[0].upper() in _SUBSCRIBING:
            return self._answer(step, self._client.read)
        return self._answer(step, self._client.reply)

    def _answer(self, step, read):
        silence = step.expected in (["(no reply)"], ["(blocked)"])
        try:
            reply = read(SILENCE_SECONDS if silence else None)
        except resp.NoReply:
            return step.expected if silence else ["(no reply)"]
        except resp.ConnectionClosed:
            return ["(closed)"]
        if "let" in step.modifiers:
            value = reply.value
            text = value.decode() if isinstance(value, bytes) else str(value)
            self._variables[step.modifiers["let"]] = text
        if "bytes" in step.modifiers:
            return [notation.quote(self._client.last_bytes)]
        if "unordered" in step.modifiers:
            reply = _sorted_reply(reply)
        return notation.format_reply(reply)

    def _next_push(self, timeout):
        if self._client.pushes:
            return self._client.pushes.popleft()[0]
        return self._client.read(timeout)

    def _scan(self, arguments):
        """Follows the cursor to its end; returns all that came, sorted, without repetitions."""
        at = 1 if arguments[0].upper() == b"SCAN" else 2
        found = set()
        while True:
            reply = self._client.call(*arguments)
            if reply.kind != "array":
                return reply
            cursor, items = reply.value
            found.update(items.value)
            if cursor.value == b"0":
                return resp.Reply("array", [cursor, resp.Reply("array", sorted(found))])
            arguments[at] = cursor.value

    def _substitute(self, text):
        def value(match):
            name, offset = match[1], match[2]
            if name == "addr":
                return self._client.local_address
            if name == "now":
                return str(int(time.time()) + int(offset or 0))
            if name == "now_ms":
                return str(int(time.time() * 1000) + int(offset or 0))
            if name not in self._variables:
                raise BadTranscript("no variable " + name)
            return self._variables[name]

        return re.sub(r"\$\{(\w+)([+-]\d+)?\}", value, text)

    def _expect_silence(self):
        for name, client in self._clients.items():
            for reply in [push for push, _ in client.pushes]:
                self._unexpected(name, reply)
            try:
                self._unexpected(name, client.read(0))
            except (resp.NoReply, resp.ConnectionClosed, OSError):
                continue

    def _unexpected(self, name, reply):
        lines = "\n".join(notation.format_reply(reply))
        raise Difference(
            "%s: client %s was sent something the file does not mention:\n%s"
            % (self._transcript.path, name, lines)
        )


def _sorted_reply(reply):
    """Sorts the innermost list of a SCAN-like reply, or a list, set or map itself."""
    if reply.kind == "array" and len(reply.value) == 2 and reply.value[1].kind == "array":
        cursor, items = reply.value
        return resp.Reply("array", [cursor, resp.Reply("array", sorted(items.value, key=repr))])
    if reply.kind in ("array", "set", "map"):
        return resp.Reply(reply.kind, sorted(reply.value, key=repr))
    return reply


def _seconds(text):
    match = re.fullmatch(r"(\d+)(ms|s)", text)
    if not match:
        raise BadTranscript("no duration: " + text)
    return int(match[1]) / (1000 if match[2] == "ms" else 1)


def _describe(transcript, step, expected, answer, index):
    """Shows both replies, with the first line that differs marked in each."""

    def block(title, lines):
        shown = ["%s %s" % ("->" if at == index else "  ", line) for at, line in enumerate(lines)]
        return [title] + (shown or ["   (nothing)"])

    head = "%s:%d: %s %s" % (
        transcript.path,
        step.line,
        ">" if step.action == "command" else "@" + step.action,
        step.text,
    )
    return "\n".join([head] + block("expected", expected) + block("got", answer))
