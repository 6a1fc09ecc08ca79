"""Prints how many tests of a JUnit file passed and failed: "12 0"."""

import sys
import xml.etree.ElementTree


def counts(path):
    """Returns passed and failed; a test that was skipped is neither, and is named on stderr."""
    passed = failed = 0
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        states = {child.tag for child in case}
        if states & {"failure", "error"} or case.get("status") == "fail":
            failed += 1
        elif "skipped" in states:
            print("skipped: %s" % case.get("name"), file=sys.stderr)
        else:
            passed += 1
    return passed, failed


if __name__ == "__main__":
    try:
        print("%d %d" % counts(sys.argv[1]))
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        sys.exit(str(error))
