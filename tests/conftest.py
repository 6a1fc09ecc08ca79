"""Lets the Python tests import what stands in tests/support."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
