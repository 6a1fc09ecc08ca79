"""Sidekiq from Debian: a real worker, and what its API shows of the queues."""

import contextlib
import json
import os
import pathlib
import subprocess

import pytest

from support import servers, waiting

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

JOBS = pathlib.Path(__file__).parent.parent / "support" / "sidekiq_jobs.rb"


@pytest.fixture(scope="module")
def server():
    # The same port after a restart: the worker is to find it again.
    args = ["--io-threads", "2", "--appendonly", "yes", "--port", servers.free_port()]
    with servers.server("duplex", *args) as running:
        yield running
        assert running.is_running(), running.log_end()


@pytest.fixture
def client(server):
    with server.client() as connection:
        connection.call("FLUSHALL")
        yield connection


def environment(server):
    return {**os.environ, "REDIS_URL": f"redis://127.0.0.1:{server.port}/0"}


def ruby(server, code):
    """Runs Ruby that knows the jobs; returns the value of the code."""
    result = subprocess.run(
        ["ruby", "-W0", "-r", str(JOBS), "-e", f"puts JSON.generate([begin; {code}; end])"],
        env=environment(server),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])[0]


@contextlib.contextmanager
def worker(server, directory):
    """Runs a worker for the length of a with block."""
    log = directory / "sidekiq.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            ["sidekiq", "-r", str(JOBS), "-q", "critical", "-q", "default", "-c", "3", "-t", "5"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            env=environment(server),
        )
    try:
        yield process
        assert process.poll() is None, log.read_text(errors="replace")
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def trace(client):
    return [item.decode() for item in waiting.values(client.call("LRANGE", "trace", 0, -1))]


def test_jobs_are_done_and_counted(server, client, tmp_path):
    with worker(server, tmp_path):
        ruby(server, 'UrgentJob.perform_async("one")')
        ruby(server, "(1..20).each { |n| AddJob.perform_async(n, n) }")
        waiting.until(lambda: len(trace(client)) == 21)
        assert set(trace(client)) == {"urgent one", *(f"{n} + {n} = {2 * n}" for n in range(1, 21))}
        [process] = ruby(server, 'Sidekiq::ProcessSet.new.map { |each| each["concurrency"] }')
        assert process == 3
    # A worker that ends writes down what it has done.
    assert ruby(server, "Sidekiq::Stats.new.processed") == 21
    assert ruby(server, "Sidekiq::ProcessSet.new.size") == 0


def test_a_job_waits_until_its_time(server, client, tmp_path):
    ruby(server, "AddJob.perform_in(0.5, 3, 4); AddJob.perform_in(3600, 5, 6)")
    assert ruby(server, "Sidekiq::ScheduledSet.new.map(&:args).sort") == [[3, 4], [5, 6]]
    with worker(server, tmp_path):
        waiting.until(lambda: trace(client) == ["3 + 4 = 7"])
        ruby(server, "Sidekiq::ScheduledSet.new.each(&:add_to_queue)")
        waiting.until(lambda: trace(client) == ["3 + 4 = 7", "5 + 6 = 11"])
    assert ruby(server, "Sidekiq::ScheduledSet.new.size") == 0


def test_what_fails_is_tried_again_and_buried_in_the_end(server, client, tmp_path):
    with worker(server, tmp_path):
        ruby(server, 'StubbornJob.perform_async("tries"); HopelessJob.perform_async')

        # What its time would do some seconds later.
        def tried_again():
            ruby(server, "Sidekiq::RetrySet.new.retry_all; nil")
            return len(trace(client)) == 3

        waiting.until(tried_again)
        assert trace(client) == ["try 1", "try 2", "try 3"]
        waiting.until(lambda: client.call("ZCARD", "dead").value == 1)
    [buried] = ruby(server, 'Sidekiq::DeadSet.new.map { |job| [job.klass, job["error_message"]] }')
    assert buried == ["HopelessJob", "broken for good"]
    assert ruby(server, "Sidekiq::Stats.new.failed") == 3


def test_queues_can_be_looked_at_and_emptied(server, client):
    jids = ruby(server, "(1..250).map { |n| AddJob.perform_async(n, 0) }")
    assert ruby(server, 'Sidekiq::Queue.new("default").size') == 250
    assert ruby(server, "Sidekiq::Queue.all.map(&:name)") == ["default"]
    found = ruby(server, f'Sidekiq::Queue.new.find_job("{jids[100]}").args')
    assert found == [101, 0]
    odd = "Sidekiq::Queue.new.select { |job| job.args[0].odd? }"
    assert ruby(server, f"{odd}.each(&:delete).size") == 125
    assert ruby(server, "Sidekiq::Queue.new.size") == 125
    ruby(server, "Sidekiq::Queue.new.clear; nil")
    assert client.call("EXISTS", "queue:default").value == 0


def test_a_worker_goes_on_after_the_server_was_killed(server, client, tmp_path):
    with worker(server, tmp_path):
        ruby(server, "AddJob.perform_async(1, 1); AddJob.perform_in(3600, 5, 6)")
        waiting.until(lambda: trace(client) == ["1 + 1 = 2"])
        server.kill()
        server.start()
        with server.client() as again:
            assert trace(again) == ["1 + 1 = 2"]
            ruby(server, "Sidekiq::ScheduledSet.new.each(&:add_to_queue)")
            waiting.until(lambda: trace(again) == ["1 + 1 = 2", "5 + 6 = 11"])
