"""Each rule finds what it is there to find, and leaves the rest alone."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import rules

ROOMS = {"base": {"base"}, "store": {"base", "store"}, "net": {"base", "net"}}


def found(problems):
    return [(problem.line, problem.rule) for problem in problems]


class RoomTable(unittest.TestCase):
    def test_reads_rows_and_all(self):
        table = (
            "text\n\n| room | holds | may include |\n| --- | --- | --- |\n"
            "| `base` | things | – |\n| `store` | data | base |\n| `server` | rest | all |\n"
            "\n| a | b | c |\n"
        )
        self.assertEqual(
            rules.room_table(table),
            {"base": {"base"}, "store": {"base", "store"}, "server": {"base", "store", "server"}},
        )


class Includes(unittest.TestCase):
    def check(self, path, text):
        return found(rules.check_includes(path, text, ROOMS))

    def test_finds_an_upward_include(self):
        self.assertEqual(self.check("net/a.cc", '\n#include "store/shard.h"\n'), [(2, "include")])

    def test_finds_an_include_that_is_not_from_the_root(self):
        self.assertEqual(self.check("net/a.cc", '#include "a.h"\n'), [(1, "include")])

    def test_allows_the_row_of_the_table(self):
        self.assertEqual(self.check("store/a.cc", '#include "base/a.h"\n#include "store/a.h"'), [])
        self.assertEqual(self.check("net/a.cc", "#include <store/shard.h>\n"), [])
        self.assertEqual(self.check("tests/net/a.cc", '#include "store/shard.h"\n'), [])


class OwnHeader(unittest.TestCase):
    def check(self, text):
        return found(rules.check_own_header_first("net/a.cc", text, lambda path: path == "net/a.h"))

    def test_finds_another_include_before_it(self):
        text = '// A.\n#include <vector>\n#include "net/a.h"\n'
        self.assertEqual(self.check(text), [(2, "own-header")])

    def test_allows_it_first(self):
        self.assertEqual(self.check('// A.\n#include "net/a.h"\n#include <vector>\n'), [])


class HeadComment(unittest.TestCase):
    def check(self, path, text):
        return found(rules.check_head_comment(path, text))

    def test_finds_files_without_one(self):
        for path, text in [
            ("a.h", "#pragma once\n"),
            ("a.cc", "\n// Late.\n"),
            ("a.py", "import os\n"),
            ("run", "#!/bin/sh\nset -e\n"),
            ("a.cc", ""),
        ]:
            self.assertEqual(self.check(path, text), [(1, "head-comment")], path)

    def test_allows_files_with_one(self):
        for path, text in [
            ("a.h", "// What.\n"),
            ("a.py", '#!/usr/bin/python3\n"""What."""\n'),
            ("run", "#!/bin/sh\n# What.\n"),
        ]:
            self.assertEqual(self.check(path, text), [], path)


class Layout(unittest.TestCase):
    def test_finds_headers_without_pragma_once(self):
        self.assertEqual(found(rules.check_pragma_once("a.h", "// A.\n")), [(1, "pragma-once")])
        self.assertEqual(found(rules.check_pragma_once("a.h", "// A.\n#pragma once\n")), [])

    def test_finds_long_lines(self):
        text = "x" * 100 + "\n" + "x" * 101 + "\n"
        self.assertEqual(found(rules.check_line_length("a.cc", text)), [(2, "line-length")])

    def test_finds_blanks_and_tabs(self):
        self.assertEqual(
            found(rules.check_whitespace("a.cc", "a \nb\tc\nd")),
            [(1, "whitespace"), (2, "whitespace"), (3, "whitespace")],
        )
        self.assertEqual(found(rules.check_whitespace("a.cc", "a\nb\n")), [])


class Banned(unittest.TestCase):
    def check(self, text, path="a.cc"):
        return found(rules.check_banned(path, text))

    def test_finds_what_is_banned(self):
        for text in [
            "// TODO: later",
            "// FIXME",
            "using namespace std;",
            "out << std::endl;",
            "int i = rand();",
            "std::srand(1);",
            "strcpy(a, b);",
            'system("ls");',
            "  GTEST_SKIP();",
            "TEST(A, DISABLED_B) {",
        ]:
            self.assertEqual(self.check(text), [(1, "banned")], text)
        self.assertEqual(self.check("@pytest.mark.skip", "a.py"), [(1, "banned")])

    def test_allows_what_only_looks_like_it(self):
        for text in [
            'log("TODO");',
            "using namespace std::chrono;",
            "using namespace std::string_literals;",
            "operand(1);",
            "x.system(1);",
            "commands::srandmember(1);",
            "snprintf(a, 1, b);",
            "@pytest.mark.skipif(not servers.duplex_path())",
        ]:
            self.assertEqual(self.check(text), [], text)


class Names(unittest.TestCase):
    def check(self, path, text=""):
        return found(rules.check_names(path, text))

    def test_finds_vague_names(self):
        self.assertEqual(self.check("base/string_utils.h"), [(1, "name")])
        self.assertEqual(self.check("base/misc.cc"), [(1, "name")])
        self.assertEqual(self.check("a.h", "\nclass ClientManager {"), [(2, "name")])
        self.assertEqual(self.check("a.h", "struct Impl;"), [(1, "name")])
        self.assertEqual(self.check("a.h", "namespace duplex::net::helpers {"), [(1, "name")])

    def test_allows_names_that_contain_them(self):
        self.assertEqual(self.check("commands/command_table.h", "class CommonPrefix {"), [])
        self.assertEqual(self.check("commands/simplify.h", "struct Implication {"), [])


class Threads(unittest.TestCase):
    def check(self, path, text):
        return found(rules.check_threads(path, text, ROOMS))

    def test_finds_locks_and_threads(self):
        self.assertEqual(self.check("store/a.h", "\n  std::mutex m_;\n"), [(2, "threads")])
        self.assertEqual(self.check("net/a.cc", "std::jthread t(f);"), [(1, "threads")])

    def test_allows_other_places(self):
        self.assertEqual(self.check("tests/a.cc", "std::thread t(f);"), [])
        self.assertEqual(self.check("store/a.h", "// not a std::mutex"), [])
        self.assertEqual(self.check("store/a.h", "std::this_thread::yield();"), [])
        self.assertEqual(self.check("store/a.h", "std::thread::hardware_concurrency();"), [])


class Listed(unittest.TestCase):
    def test_finds_files_that_no_target_has(self):
        cmake = "duplex_module(base SOURCES big_a.cc b.cc)"
        self.assertEqual(found(rules.check_listed("base/a.cc", cmake)), [(1, "listed")])
        self.assertEqual(found(rules.check_listed("base/b.cc", cmake)), [])
        self.assertEqual(found(rules.check_listed("base/x.py", cmake)), [])


TABLE = """
constexpr CommandSpec subcommands[] = {
    {.name = "KILL",
     .arity = -3},
};
constexpr CommandSpec specs[] = {
    {.name = "CLIENT",
     .subcommands = subcommands},
    {.name = "GET",
     .arity = 2},
};
"""


class Transcripts(unittest.TestCase):
    def test_reads_command_tables(self):
        self.assertEqual(
            rules.declared_commands(TABLE), [(3, "CLIENT KILL"), (7, "CLIENT"), (9, "GET")]
        )

    def check(self, transcripts):
        return found(rules.check_transcripts("commands/a.cc", TABLE, transcripts))

    def test_finds_commands_without(self):
        self.assertEqual(self.check({}), [(3, "transcript"), (7, "transcript"), (9, "transcript")])
        self.assertEqual(
            self.check({"t/a/client.kvt": "> CLIENT ID\n", "t/a/get.kvt": "# k\n> SET k v\n"}),
            [(3, "transcript"), (9, "transcript")],
        )

    def test_allows_commands_with(self):
        self.assertEqual(
            self.check({"t/a/client.kvt": "> client kill ID 1\n", "t/a/get.kvt": "> GET k\n"}), []
        )


if __name__ == "__main__":
    unittest.main()
