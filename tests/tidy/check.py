#!/usr/bin/python3
"""Holds the source tree against its rules (rules.py); prints what is wrong and ends with 1.

With --sizes it prints the largest files instead: sizes are a hint where to split, not a rule.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {".git", "build", "node_modules", "data", "__pycache__", ".pytest_cache"}
CHECKED = (".h", ".cc", ".py", ".sh", ".cmake")
SCRIPTS = ("run", "test", ".ci/run")


def source_files():
    """All files of the tree that have rules, as paths from the root."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        for name in sorted(names):
            path = pathlib.Path(folder, name).relative_to(ROOT).as_posix()
            if path.endswith(CHECKED) or path in SCRIPTS:
                yield path


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def cmake_text(path):
    """The CMakeLists.txt of the file's folder and of those above it."""
    texts = []
    folder = (ROOT / path).parent
    while folder != ROOT.parent:
        if (folder / "CMakeLists.txt").exists():
            texts.append((folder / "CMakeLists.txt").read_text(encoding="utf-8"))
        folder = folder.parent
    # Tests of one folder may be compiled by a target of a neighbour (fuzz targets are).
    if path.startswith("tests/"):
        texts += [file.read_text(encoding="utf-8") for file in ROOT.glob("tests/*/CMakeLists.txt")]
        texts += [file.read_text(encoding="utf-8") for file in ROOT.glob("cmake/*.cmake")]
    return "\n".join(texts)


def problems():
    rooms = rules.room_table(read("docs/architecture.md"))
    if len(rooms) < 2:
        yield rules.Problem("docs/architecture.md", 1, "include", "has no table of rooms")
    transcripts = {
        file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
        for file in ROOT.glob("tests/transcripts/*/*.kvt")
    }
    for path in source_files():
        text = read(path)
        yield from rules.check_head_comment(path, text)
        yield from rules.check_pragma_once(path, text)
        yield from rules.check_line_length(path, text)
        yield from rules.check_whitespace(path, text)
        yield from rules.check_names(path, text)
        if not path.startswith("tests/tidy/"):  # whose tests quote what is banned
            yield from rules.check_banned(path, text)
        yield from rules.check_includes(path, text, rooms)
        yield from rules.check_threads(path, text, rooms)
        yield from rules.check_own_header_first(path, text, lambda name: (ROOT / name).exists())
        if path.startswith(tuple(room + "/" for room in rooms)) or path.startswith("tests/"):
            yield from rules.check_listed(path, cmake_text(path))
        if path.startswith("commands/"):
            yield from rules.check_transcripts(path, text, transcripts)


def exceptions():
    """The lines of exceptions.txt: "path rule reason", where path may go on with ":text"."""
    for line in read("tests/tidy/exceptions.txt").splitlines():
        if line and not line.startswith("#"):
            place, rule, reason = line.split(None, 2)
            path, _, part = place.partition(":")
            yield path, rule, part.replace("_", " "), reason


def excused(problem, known):
    return any(
        problem.path == path and problem.rule == rule and part in problem.text
        for path, rule, part, _ in known
    )


def print_sizes():
    sizes = sorted(((read(path).count("\n"), path) for path in source_files()), reverse=True)
    for lines, path in sizes[:20]:
        print("%5d %s" % (lines, path))


def main():
    if "--sizes" in sys.argv:
        print_sizes()
        return 0
    known = list(exceptions())
    found = list(problems())
    left = [problem for problem in found if not excused(problem, known)]
    for problem in left:
        print(problem)
    # An exception that excuses nothing is a line that the next reader would wonder about.
    idle = [entry for entry in known if not any(excused(problem, [entry]) for problem in found)]
    for path, rule, _, _ in idle:
        print("tests/tidy/exceptions.txt: %s no longer breaks the rule '%s'" % (path, rule))
    print_sizes()
    return 1 if left or idle else 0


if __name__ == "__main__":
    sys.exit(main())
