#!/usr/bin/python3
"""Writes redis-server's replies into transcripts: record.py FILE...

Replies that fit already stay as they are, with their patterns; so do those of commands that Redis
does not run. Read what was written: a recorded mistake is still a mistake.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from support import servers, transcript  # noqa: E402


def record(path):
    """Returns the text of the file with the replies of redis-server in it."""
    file = transcript.parse(path)
    with servers.server("redis", *file.server_args) as server:
        player = transcript.Player(file, server)
        player.play(compare=False)
    replies = {}
    for index, (expected, answer) in player.answers.items():
        if transcript.first_difference(expected, answer) is not None:
            replies[file.steps[index].line] = (len(expected), answer)
    lines = []
    drop = 0
    for number, line in enumerate(file.lines, 1):
        if drop and line and not line.startswith(("#", "@", "> ")):
            drop -= 1
            continue
        drop = 0
        lines.append(line)
        if number in replies:
            drop, answer = replies[number]
            lines += answer
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    for path in parser.parse_args().files:
        file = transcript.parse(path)
        if not file.runs_on("redis", servers.redis_version(), servers.known_commands):
            print("not for this Redis:", path)
            continue
        path.write_text(record(path), encoding="utf-8")


if __name__ == "__main__":
    main()
