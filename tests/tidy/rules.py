"""The rules of the source tree, each a function from a file's text to what is wrong with it."""

import re
from typing import NamedTuple

LINE_LENGTH_MAX = 100


class Problem(NamedTuple):
    """What is wrong, where, and which rule says so (the name that exceptions.txt uses)."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return "%s:%d: %s [%s]" % (self.path, self.line, self.text, self.rule)


def room_table(markdown):
    """Reads the table of rooms in docs/architecture.md: room -> rooms it may include.

    "all" stands for every room of the table.
    """
    rows = {}
    inside = False
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) >= 3 and cells[0] == "room" and cells[2] == "may include":
            inside = True
        elif inside and not line.startswith("|"):
            inside = False
        elif inside and not set(cells[0]) <= set("-: "):
            rows[cells[0].strip("`")] = cells[2].split()
    return {
        room: set(rows) if allowed == ["all"] else {room, *allowed} & set(rows)
        for room, allowed in rows.items()
    }


def includes(text):
    """Yields line number and path of each include of ours (the ones in double quotes)."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if match:
            yield number, match[1]


def check_includes(path, text, rooms):
    """A room includes only the rooms of its row, and always from the root."""
    room = path.split("/")[0]
    if room not in rooms:
        return
    for number, included in includes(text):
        target = included.split("/")[0]
        if "/" not in included or target not in rooms:
            yield Problem(path, number, "include", 'includes "%s", not from the root' % included)
        elif target not in rooms[room]:
            allowed = " ".join(sorted(rooms[room] - {room})) or "nothing"
            message = 'includes "%s"; %s may include: %s' % (included, room, allowed)
            yield Problem(path, number, "include", message)


def check_own_header_first(path, text, exists):
    """A source file proves that its header stands alone by including it first."""
    if not path.endswith(".cc"):
        return
    header = path[:-3] + ".h"
    first = re.search(r'^\s*#\s*include\s+(\S+)', text, re.MULTILINE)
    if exists(header) and (not first or first[1] != '"%s"' % header.removeprefix("tests/")):
        line = text[: first.start()].count("\n") + 1 if first else 1
        yield Problem(path, line, "own-header", 'does not include "%s" first' % header)


def check_head_comment(path, text):
    """The first line (after #!) says in a sentence what is in the file."""
    lines = text.splitlines() or [""]
    if lines[0].startswith("#!"):
        lines = lines[1:] or [""]
    if path.endswith((".h", ".cc")):
        comment = re.match(r"// \S", lines[0])
    elif path.endswith(".py"):
        comment = re.match(r'"""\S', lines[0])
    elif path.endswith((".cmake", ".sh")) or path in ("run", "test", ".ci/run"):
        comment = re.match(r"# \S", lines[0])
    else:
        return
    if not comment:
        message = "does not begin with a comment that says what is here"
        yield Problem(path, 1, "head-comment", message)


def check_pragma_once(path, text):
    if path.endswith(".h") and len(re.findall(r"^#pragma once$", text, re.MULTILINE)) != 1:
        yield Problem(path, 1, "pragma-once", "a header needs one #pragma once")


def check_line_length(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LINE_LENGTH_MAX:
            message = "%d columns, limit %d" % (len(line), LINE_LENGTH_MAX)
            yield Problem(path, number, "line-length", message)


def check_whitespace(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip() or "\t" in line:
            yield Problem(path, number, "whitespace", "a tab, or blanks at the end of the line")
    if text and not text.endswith("\n"):
        yield Problem(path, text.count("\n") + 1, "whitespace", "no newline at the end")


BANNED = [
    (r"\b(TODO|FIXME|XXX)\b", "unfinished work belongs into an issue"),
    (r"\busing namespace std;", "using namespace hides where names are from"),
    (r"\bstd::endl\b", "std::endl flushes; write '\\n'"),
    (r"(?<![\w:.>])s?rand\(|\bstd::s?rand\b", "base/random.h has a seeded generator"),
    (r"(?<![\w:.>])(strcpy|strcat|sprintf|gets|strtok)\(", "writes or reads without a limit"),
    (r"(?<![\w:.>])(system|popen)\(", "no shell is started from here"),
    (r"\bGTEST_SKIP\b|\bDISABLED_\w|\b(mark|pytest)\.skip\b", "a test runs or does not exist"),
]
VAGUE = r"util|utils|utility|utilities|common|helper|helpers|manager|misc|impl"


def without_texts(line):
    """The line without what stands in quotes."""
    return re.sub(r'"(\\.|[^"\\])*"', '""', line)


def check_banned(path, text):
    if not path.endswith((".h", ".cc", ".py")):
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, reason in BANNED:
            if re.search(pattern, without_texts(line)):
                yield Problem(path, number, "banned", reason)


def check_names(path, text):
    """Names say what a thing is for; these words do not."""
    stem = path.rsplit("/", 1)[-1].split(".")[0].lower()
    if set(stem.split("_")) & set(VAGUE.split("|")):
        yield Problem(path, 1, "name", "the file's name does not say what is in it")
    if not path.endswith((".h", ".cc")):
        return
    types = r"\b(?:class|struct)\s+(\w*(?:Utils?|Utility|Common|Helpers?|Manager|Misc|Impl)\b)"
    spaces = r"\bnamespace [\w:]*\b(%s)\b" % VAGUE
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(types, line) or re.search(spaces, line)
        if match:
            yield Problem(path, number, "name", "'%s' does not say what it is for" % match[1])


# Types that only the files named in exceptions.txt may use: the room that owns threads has few.
THREAD_TYPES = (
    r"\bstd::(mutex|shared_mutex|recursive_mutex|condition_variable|thread|jthread|async)\b(?!::)"
)


def check_threads(path, text, rooms):
    if path.split("/")[0] not in rooms:
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(THREAD_TYPES, without_texts(line).split("//")[0])
        if match:
            message = "std::%s is for files that exceptions.txt names" % match[1]
            yield Problem(path, number, "threads", message)


def check_listed(path, cmake_text):
    """A source file that no target compiles is dead. `cmake_text` is of the folder's CMakeLists."""
    name = path.rsplit("/", 1)[-1]
    suffixes = (".cc",) if path.startswith("tests/") else (".cc", ".h")
    listed = re.search(r"(?<![\w.])%s\b" % re.escape(name), cmake_text)
    if path.endswith(suffixes) and not listed:
        yield Problem(path, 1, "listed", "no CMakeLists.txt names this file")


def declared_commands(text):
    """Reads the command tables of a source file: the names of commands and of subcommands.

    Returns a list of (line, "GET") and (line, "CLIENT KILL").
    """
    arrays = {}
    containers = {}
    current = None
    for number, line in enumerate(text.splitlines(), 1):
        start = re.match(r"\s*(?:static )?constexpr CommandSpec (\w+)\[\] = \{", line)
        if start:
            current = arrays.setdefault(start[1], [])
        elif current is not None and re.match(r"};", line):
            current = None
        elif current is not None:
            name = re.search(r'\{\.name = "([^"]+)"', line)
            if name:
                current.append((number, name[1]))
            nested = re.search(r"\.subcommands = (\w+)", line)
            if nested and current:
                containers[nested[1]] = current[-1][1]
    return [
        (number, "%s %s" % (containers[array], name) if array in containers else name)
        for array, commands in arrays.items()
        for number, name in commands
    ]


def transcript_commands(text):
    """The commands that a transcript runs: the first and the first two words of its lines."""
    found = set()
    for line in text.splitlines():
        if line.startswith("> "):
            words = [word.strip('"').upper() for word in line[2:].split()]
            found.add(" ".join(words[:1]))
            found.add(" ".join(words[:2]))
    return found


def check_transcripts(path, text, transcripts):
    """`transcripts` maps the paths of all transcripts to their texts."""
    names = {file.rsplit("/", 1)[-1] for file in transcripts}
    used = set()
    for content in transcripts.values():
        used |= transcript_commands(content)
    for number, command in declared_commands(text):
        if " " not in command and command.lower() + ".kvt" not in names:
            message = "%s has no tests/transcripts/*/%s.kvt" % (command, command.lower())
            yield Problem(path, number, "transcript", message)
        elif command not in used:
            yield Problem(path, number, "transcript", "no transcript runs %s" % command)
