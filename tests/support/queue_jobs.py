"""What the workers of RQ do in the tests; they import it by this name."""

import time


def add(a, b):
    return a + b


def fail(text):
    raise ValueError(text)


def sleep(seconds):
    time.sleep(seconds)
