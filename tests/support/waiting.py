"""For tests of commands that wait: how one knows that a client does, and what it got then."""

import time

ARRIVAL_SECONDS_MAX = 20


def wait_for_blocked(client, count):
    """Returns when `count` clients wait: what they sent has arrived."""
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while b"blocked_clients:%d\r\n" % count not in client.call("INFO", "clients").value:
        assert time.monotonic() < deadline


def until(condition):
    """Returns when the condition holds."""
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(client, observer, count, *command):
    """Sends a command that will wait, as the `count`-th, and returns when it does."""
    client.send(*command)
    wait_for_blocked(observer, count)


def values(reply):
    if isinstance(reply.value, list):
        return [values(item) for item in reply.value]
    return reply.value
