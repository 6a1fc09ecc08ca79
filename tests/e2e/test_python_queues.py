"""RQ and Celery from Debian, each with a real worker."""

import contextlib
import datetime
import gc
import os
import pathlib
import subprocess

import celery
import pytest
import redis
import rq

from support import servers, waiting

pytestmark = pytest.mark.skipif(
    servers.duplex_path() is None, reason="needs DUPLEX_SERVER, which ./test sets"
)

PYTHON = "/usr/bin/python3"
TESTS = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="module")
def server():
    with servers.server("duplex", "--io-threads", "2") as running:
        yield running
        assert running.is_running(), running.log_end()


@contextlib.contextmanager
def worker(directory, *args, **environment):
    """Runs a worker for the length of a with block; gives a function that returns its log."""
    log = directory / "worker.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [PYTHON, *args],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(TESTS), **environment},
        )
    try:
        yield lambda: log.read_text(errors="replace")
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def rq_queue(server, tmp_path_factory):
    url = f"redis://127.0.0.1:{server.port}/1"
    with redis.Redis.from_url(url) as connection:
        code = (
            "import redis, rq; "
            f"connection = redis.Redis.from_url('{url}'); "
            "rq.Worker(['high', 'default'], connection=connection, name='one')"
            ".work(with_scheduler=True)"
        )
        with worker(tmp_path_factory.mktemp("rq"), "-c", code) as log:
            waiting.until(lambda: [each.name for each in rq.Worker.all(connection)] == ["one"])
            yield lambda name="default": rq.Queue(name, connection=connection)
            print(log())


def test_rq_does_jobs_and_keeps_their_results(rq_queue):
    queue = rq_queue()
    jobs = [queue.enqueue("support.queue_jobs.add", number, 1) for number in range(5)]
    waiting.until(lambda: all(job.get_status(refresh=True) == "finished" for job in jobs))

    assert [job.return_value() for job in jobs] == [1, 2, 3, 4, 5]
    assert set(queue.finished_job_registry.get_job_ids()) >= {job.id for job in jobs}
    assert queue.count == 0


def test_rq_does_what_depends_on_a_job_after_it(rq_queue):
    first = rq_queue().enqueue("support.queue_jobs.add", 1, 1)
    second = rq_queue("high").enqueue("support.queue_jobs.add", 2, 2, depends_on=first)
    waiting.until(lambda: second.get_status(refresh=True) == "finished")
    for job in (first, second):
        job.refresh()

    assert (first.return_value(), second.return_value()) == (2, 4)
    assert first.ended_at <= second.started_at


def test_rq_keeps_what_failed(rq_queue):
    queue = rq_queue()
    job = queue.enqueue("support.queue_jobs.fail", "broken", retry=rq.Retry(max=1))
    slow = queue.enqueue("support.queue_jobs.sleep", 60, job_timeout=1)
    for each in (slow, job):
        waiting.until(lambda: each.get_status(refresh=True) == "failed")
        each.refresh()

    assert "ValueError: broken" in job.exc_info
    assert "JobTimeoutException" in slow.exc_info
    assert set(queue.failed_job_registry.get_job_ids()) == {job.id, slow.id}
    assert job.retries_left == 0


def test_rq_does_a_scheduled_job_when_it_is_time(rq_queue):
    queue = rq_queue()
    job = queue.enqueue_in(datetime.timedelta(seconds=1), "support.queue_jobs.add", 20, 22)
    assert job.get_status() == "scheduled" and job.id in queue.scheduled_job_registry
    waiting.until(lambda: job.get_status(refresh=True) == "finished")

    assert job.return_value() == 42


@pytest.fixture(scope="module")
def jobs(server, tmp_path_factory):
    url = f"redis://127.0.0.1:{server.port}/2"
    os.environ["QUEUE_URL"] = url
    from support import celery_jobs

    args = ["-m", "celery", "-A", "support.celery_jobs", "worker", "--pool=solo", "--loglevel=info"]
    with worker(tmp_path_factory.mktemp("celery"), *args, QUEUE_URL=url) as log:
        waiting.until(lambda: "ready." in log())
        yield celery_jobs
    celery_jobs.app.close()
    # What a result does when it is dropped needs the server.
    gc.collect()


def test_celery_does_tasks(jobs):
    results = [jobs.add.delay(number, 1) for number in range(30)]

    assert [result.get(timeout=20) for result in results] == list(range(1, 31))


def test_celery_joins_what_a_group_has_done(jobs):
    chord = celery.chord(jobs.add.s(number, number) for number in range(10))(jobs.total.s())
    assert chord.get(timeout=20) == 90
    chain = jobs.add.s(1, 2) | jobs.add.s(3) | jobs.add.s(4)
    assert chain.delay().get(timeout=20) == 10


def test_celery_tries_again_later(jobs):
    assert jobs.stubborn.delay(2).get(timeout=20) == 2
    later = jobs.add.apply_async((1, 1), countdown=0.3)
    assert later.get(timeout=20) == 2
    with pytest.raises(ValueError, match="broken"):
        jobs.fail.delay("broken").get(timeout=20)


def test_celery_talks_to_its_workers(jobs):
    [answer] = jobs.app.control.ping(timeout=1)
    assert list(answer.values()) == [{"ok": "pong"}]
    revoked = jobs.add.apply_async((1, 1), countdown=3600)
    inspect = jobs.app.control.inspect(timeout=1)
    waiting.until(lambda: any((inspect.scheduled() or {}).values()))
    revoked.revoke()
    waiting.until(lambda: [revoked.id] in (inspect.revoked() or {}).values())
    revoked.forget()


def test_celery_leaves_nothing_behind(jobs, server):
    with redis.Redis(port=server.port, db=2) as client:
        assert client.llen("celery") == 0
        assert client.zcard("unacked_index") == client.hlen("unacked")
