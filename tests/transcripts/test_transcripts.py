"""Plays every transcript on redis-server and, if DUPLEX_SERVER names one, on a duplex-server."""

import pathlib

import pytest

from support import servers, transcript

_HERE = pathlib.Path(__file__).parent


def _cases():
    """Returns a case for each server and each file that has something to say about it."""
    for kind in servers.available_kinds():
        version = servers.DUPLEX_VERSION if kind == "duplex" else servers.redis_version()
        for path in sorted(_HERE.glob("*/*.kvt")):
            if transcript.parse(path).runs_on(kind, version, servers.known_commands):
                name = path.relative_to(_HERE).with_suffix("")
                yield pytest.param(kind, path, id="%s-%s" % (kind, name))


class _Running:
    """Servers that serve one file after the other, until one of them was left in disorder."""

    def __init__(self):
        self._servers = {}

    def get(self, kind):
        server = self._servers.get(kind)
        if server is None or not server.is_running():
            server = self._servers[kind] = servers.Server(kind).start()
        return server

    def discard(self, kind):
        server = self._servers.pop(kind)
        ended = not server.is_running()
        end = server.log_end() if ended else ""
        server.kill()
        server.remove_dir()
        return "\nthe server has ended:\n" + end if ended else ""

    def stop(self):
        for server in self._servers.values():
            server.stop()
            server.remove_dir()


@pytest.fixture(scope="module")
def running():
    everything = _Running()
    yield everything
    everything.stop()


def _play(file, server):
    """Returns what went wrong, as text, or None."""
    try:
        transcript.Player(file, server).play()
    except Exception as error:  # Whatever it was, it is this file's result.
        text = str(error) if isinstance(error, transcript.Difference) else repr(error)
        return "%s: %s" % (server.kind, text)
    return None


@pytest.mark.parametrize("kind, path", _cases())
def test_transcript(kind, path, running):
    file = transcript.parse(path)

    if file.server_args:
        with servers.server(kind, *file.server_args) as server:
            trouble = _play(file, server)
    else:
        trouble = _play(file, running.get(kind))
        if trouble:
            trouble += running.discard(kind)

    if trouble:
        pytest.fail(trouble, pytrace=False)
