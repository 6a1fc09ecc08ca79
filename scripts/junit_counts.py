"""Prints how many tests of a JUnit file passed and failed: "12 0".

With a folder as second argument, a test that left a JUnit file of its own name there (GoogleTest
does, for GTEST_OUTPUT) counts as the tests in that file.
"""

import pathlib
import sys
import xml.etree.ElementTree


def test_cases(path):
    """Yields name and state of each test: passed, failed or skipped."""
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        states = {child.tag for child in case}
        if states & {"failure", "error"} or case.get("status") == "fail":
            yield case.get("name"), "failed"
        elif "skipped" in states or case.get("result") == "skipped":
            yield case.get("name"), "skipped"
        else:
            yield case.get("name"), "passed"


def expanded(cases, folder):
    """Puts in the place of a test program the tests that it has run.

    A program that failed without a failed test in its file (it crashed, or a sanitizer stopped it)
    adds one.
    """
    for name, state in cases:
        file = folder / (name + ".xml")
        inner = list(test_cases(file)) if file.exists() else []
        yield from inner
        if not inner or (state == "failed" and all(state != "failed" for _, state in inner)):
            yield name, state


def counts(cases):
    """Returns passed and failed; a test that was skipped is neither, and is named on stderr."""
    numbers = {"passed": 0, "failed": 0, "skipped": 0}
    for name, state in cases:
        numbers[state] += 1
        if state == "skipped":
            print("skipped: %s" % name, file=sys.stderr)
    return numbers["passed"], numbers["failed"]


if __name__ == "__main__":
    try:
        found = test_cases(sys.argv[1])
        if len(sys.argv) > 2:
            found = expanded(found, pathlib.Path(sys.argv[2]))
        print("%d %d" % counts(found))
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        sys.exit(str(error))
