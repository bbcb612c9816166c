import os, sys

from celery import Celery
from measure import mark

app = Celery("celery_peer", broker=os.environ["REDIS_URL"].replace("unix://", "redis+socket://"))
app.conf.update(
    task_ignore_result=True,  # no outcome is recorded
    task_acks_late=True,  # acknowledged when it has ended, not when it was taken
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=int(os.environ.get("PREFETCH", 4)),  # Celery's default
)


@app.task
def noop():
    mark()


submit = noop.delay
worker = [
    sys.executable, "-m", "celery", "--quiet", "--app", "celery_peer", "worker", "--loglevel", "WARNING",
    "--without-gossip", "--without-mingle",
    "--pool", os.environ.get("POOL", "prefork"), "--concurrency", os.environ.get("CONCURRENCY", "10"),
]
prepare = lambda: None
close = app.close
