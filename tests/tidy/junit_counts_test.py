"""The sum at the end of ./test counts every test once, and none that did not run as passed."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import junit_counts

CTEST = """<testsuite>
<testcase name="a_test" status="run"/>
<testcase name="crashed_test" status="fail"><failure/></testcase>
<testcase name="failed_test" status="fail"><failure/></testcase>
<testcase name="tidy" status="run"/>
<testcase name="gone" status="notrun"><skipped/></testcase>
</testsuite>"""
TWO_GOOD = '<testsuite><testcase name="1"/><testcase name="2"/></testsuite>'
ONE_BAD = '<testsuite><testcase name="1"><failure/></testcase><testcase name="2"/></testsuite>'


class JunitCounts(unittest.TestCase):
    def counts(self, programs):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "ctest.xml").write_text(CTEST)
            for name, text in programs.items():
                (path / (name + ".xml")).write_text(text)
            cases = junit_counts.test_cases(path / "ctest.xml")
            return junit_counts.counts(list(junit_counts.expanded(cases, path)))

    def test_counts_programs_that_left_nothing(self):
        self.assertEqual(self.counts({}), (2, 2))

    def test_counts_the_tests_inside_of_programs(self):
        programs = {"a_test": TWO_GOOD, "failed_test": ONE_BAD}
        self.assertEqual(self.counts(programs), (4, 2))

    def test_counts_a_crash_after_the_last_test(self):
        self.assertEqual(self.counts({"crashed_test": TWO_GOOD}), (4, 2))


if __name__ == "__main__":
    unittest.main()
