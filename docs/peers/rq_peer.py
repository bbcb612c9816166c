import os, sys

from measure import mark
from redis import Redis
from rq import Queue

connection = Redis.from_url(os.environ["REDIS_URL"])
queue = Queue("bench", connection=connection)


def noop():
    mark()


submit = lambda: queue.enqueue(noop)
worker = [
    sys.executable, "-m", "rq.cli", "worker-pool", "--url", os.environ["REDIS_URL"], "--quiet",
    # rq.worker.SimpleWorker runs jobs in the worker's process, rq.worker.Worker (RQ's default) forks for each of them.
    "--worker-class", os.environ.get("WORKER_CLASS", "rq.worker.SimpleWorker"),
    "--num-workers", os.environ.get("CONCURRENCY", "10"), "bench",
]
prepare = lambda: None
close = connection.close
