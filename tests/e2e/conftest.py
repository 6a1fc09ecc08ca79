"""The servers that the end-to-end tests share: each kind that is there, started once a module."""

import pytest

from support import servers


@pytest.fixture(scope="module", params=servers.available_kinds())
def server(request):
    with servers.server(request.param) as running:
        yield running
        assert running.is_running(), running.log_end()


@pytest.fixture
def client(server):
    with server.client() as connection:
        connection.call("FLUSHALL")
        yield connection


@pytest.fixture
def clients(server):
    """Makes connections to an empty server; all are closed when the test is over."""
    made = []

    def connect():
        made.append(server.client())
        return made[-1]

    connect().call("FLUSHALL")
    yield connect
    for connection in made:
        connection.close()
