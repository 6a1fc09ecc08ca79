"""Requests and replies in the notation of redis-cli on a terminal.

Two things differ from redis-cli, because a transcript has to be read back line by line: a verbatim
string is quoted, and has its format before it; and an attribute is shown.
"""

_ESCAPES = {92: "\\\\", 34: '\\"', 10: "\\n", 13: "\\r", 9: "\\t", 7: "\\a", 8: "\\b"}
_UNESCAPES = {"n": 10, "r": 13, "t": 9, "b": 8, "a": 7}
_EMPTY = {"array": "(empty array)", "set": "(empty set)", "push": "(empty push)"}


def quote(data):
    """Returns bytes as redis-cli prints a bulk string."""
    parts = []
    for byte in data:
        if byte in _ESCAPES:
            parts.append(_ESCAPES[byte])
        elif 0x20 <= byte < 0x7F:
            parts.append(chr(byte))
        else:
            parts.append("\\x%02x" % byte)
    return '"%s"' % "".join(parts)


def format_reply(reply):
    """Returns the lines that redis-cli prints for a reply."""
    return _format(reply, "").rstrip("\n").split("\n")


def _text(data):
    return data.decode("utf-8", "backslashreplace")


def _format(reply, prefix):
    kind, value = reply
    if kind in ("array", "set", "push"):
        return _format_list([(item,) for item in value], prefix, kind)
    if kind == "map":
        return _format_list(value, prefix, kind)
    if kind == "attribute":
        described = _format(value[1], prefix)
        pairs = _format_list(value[0], prefix + " " * 12, "map")
        return "(attribute) " + pairs + prefix + described
    return _format_leaf(kind, value) + "\n"


def _format_leaf(kind, value):
    if kind in ("nil", "nil_array", "null"):
        return "(nil)"
    if kind == "boolean":
        return "(true)" if value else "(false)"
    if kind == "integer":
        return "(integer) %d" % value
    if kind == "bulk":
        return quote(value)
    if kind == "verbatim":
        return "(verbatim %s) %s" % (_text(value[0]), quote(value[1]))
    if kind in ("error", "blob_error"):
        return "(error) " + _text(value)
    if kind in ("double", "big_number"):
        return "(%s) %s" % (kind.replace("_", " "), _text(value))
    assert kind == "status", kind
    return _text(value)


def _format_list(items, prefix, kind):
    if not items:
        return ("(empty hash)" if kind == "map" else _EMPTY[kind]) + "\n"
    width = len(str(len(items)))
    mark = {"set": "~", "map": "#"}.get(kind, ")")
    inner = prefix + " " * (width + 2)
    parts = []
    for index, item in enumerate(items):
        parts.append("%s%*d%s " % ("" if index == 0 else prefix, width, index + 1, mark))
        parts.append(_format(item[0], inner))
        if kind == "map":
            # A value of several lines begins on a line of its own.
            value = _format(item[1], inner)
            parts[-1] = parts[-1].rstrip("\n") + " => "
            parts.append("\n" + inner + value if value.count("\n") > 1 else value)
    return "".join(parts)


def split_arguments(line):
    """Returns the arguments of a command line, quoted as redis-cli takes them, as bytes."""
    arguments = []
    at = 0
    while True:
        while at < len(line) and line[at].isspace():
            at += 1
        if at == len(line):
            return arguments
        argument = bytearray()
        while at < len(line) and not line[at].isspace():
            if line[at] in "\"'":
                at = _quoted(line, at, argument)
            else:
                argument += line[at].encode()
                at += 1
        arguments.append(bytes(argument))


def _quoted(line, at, argument):
    """Adds what is between the quotes at `at`; returns the position after them."""
    mark = line[at]
    at += 1
    while at < len(line):
        char = line[at]
        if char == mark:
            if at + 1 < len(line) and not line[at + 1].isspace():
                raise ValueError("a closing quote is followed by an argument: " + line)
            return at + 1
        if char == "\\" and mark == '"' and at + 1 < len(line):
            if line[at + 1] == "x" and at + 3 < len(line):
                argument.append(int(line[at + 2 : at + 4], 16))
                at += 4
                continue
            escaped = line[at + 1]
            argument += bytes([_UNESCAPES.get(escaped, ord(escaped))])
            at += 2
        elif char == "\\" and mark == "'" and line[at + 1 : at + 2] == "'":
            argument += b"'"
            at += 2
        else:
            argument += char.encode()
            at += 1
    raise ValueError("unbalanced quotes: " + line)


