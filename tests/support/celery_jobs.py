"""A Celery application for the tests: `celery -A support.celery_jobs worker` is its worker."""

import os

import celery

app = celery.Celery("jobs", broker=os.environ["QUEUE_URL"], backend=os.environ["QUEUE_URL"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 3600, "polling_interval": 0.1},
    task_acks_late=True,
    worker_prefetch_multiplier=1,
)


@app.task
def add(a, b):
    return a + b


@app.task
def total(numbers):
    return sum(numbers)


@app.task(bind=True, max_retries=3)
def stubborn(self, needed):
    if self.request.retries < needed:
        raise self.retry(countdown=0.05)
    return self.request.retries


@app.task
def fail(text):
    raise ValueError(text)
