"""Locks and registered scripts of python3-redis: what job queues and operators build on."""

import threading

import pytest
import redis


@pytest.fixture
def connect(server):
    def new(**options):
        return redis.Redis(port=server.port, decode_responses=True, **options)

    new().flushall()
    return new


def test_a_lock_is_of_one_owner(connect):
    first, second = connect().lock("l", timeout=60), connect().lock("l", timeout=60)
    assert first.acquire(blocking=False) and first.owned() and first.locked()
    assert not second.acquire(blocking=False) and not second.owned()
    with pytest.raises(redis.exceptions.LockError):
        second.release()
    first.release()
    assert not first.locked()
    with pytest.raises(redis.exceptions.LockError):
        first.release()
    assert second.acquire(blocking=False)
    second.release()


def test_a_lock_is_made_longer(connect):
    client = connect()
    lock = client.lock("l", timeout=10)
    assert lock.acquire()
    assert lock.extend(20) and 20_000 < client.pttl("l") <= 30_000
    assert lock.extend(5, replace_ttl=True) and client.pttl("l") <= 5_000
    assert lock.reacquire() and 5_000 < client.pttl("l") <= 10_000
    client.set("l", "stolen")
    for action in (lambda: lock.extend(1), lock.reacquire, lock.release):
        with pytest.raises(redis.exceptions.LockNotOwnedError):
            action()
    assert client.get("l") == "stolen"


def test_a_lock_that_has_ended_is_nobodys(connect):
    client = connect()
    lock = client.lock("l", timeout=0.01)
    assert lock.acquire()
    while client.exists("l"):
        pass
    with pytest.raises(redis.exceptions.LockNotOwnedError):
        lock.release()


def test_locks_keep_threads_apart(connect):
    """Without them, the read and the write of two threads would overlap."""
    connect().set("n", 0)
    rounds, threads = 40, 6

    def work():
        client = connect()
        for _ in range(rounds):
            with client.lock("l", timeout=30, sleep=0.001, blocking_timeout=60):
                client.set("n", int(client.get("n")) + 1)

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert connect().get("n") == str(rounds * threads)


def test_registered_scripts(connect):
    client = connect()
    add = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    assert add(keys=["n"], args=[5]) == 5
    client.script_flush()
    assert add(keys=["n"], args=[5]) == 10, "NOSCRIPT was not answered by loading it"
    assert client.script_exists(add.sha) == [True]
    assert add(keys=["m"], args=[1], client=connect()) == 1


def test_registered_scripts_in_pipelines(connect):
    client = connect()
    add = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    both = client.register_script("return {redis.call('GET', KEYS[1]), ARGV[1]}")
    for transaction in (True, False):
        client.script_flush()
        client.delete("n")
        pipeline = client.pipeline(transaction=transaction)
        pipeline.set("n", 1)
        add(keys=["n"], args=[2], client=pipeline)
        both(keys=["n"], args=["x"], client=pipeline)
        pipeline.get("n")
        assert pipeline.execute() == [True, 3, ["3", "x"], "3"]


def test_functions(connect):
    client = connect()
    code = (
        "#!lua name=counters\n"
        "redis.register_function('add', function(keys, args) "
        "return redis.call('INCRBY', keys[1], args[1]) end)\n"
        "redis.register_function{function_name = 'show', callback = function(keys, args) "
        "return redis.call('GET', keys[1]) end, flags = {'no-writes'}}"
    )
    client.execute_command("FUNCTION", "LOAD", "REPLACE", code)
    assert client.execute_command("FCALL", "add", 1, "n", 7) == 7
    assert client.execute_command("FCALL_RO", "show", 1, "n") == "7"
    with pytest.raises(redis.exceptions.ResponseError):
        client.execute_command("FCALL_RO", "add", 1, "n", 7)
