import os, sys

import huey
from measure import mark

store = os.environ.get("STORE", "redis")
if store == "redis":
    app = huey.RedisHuey("bench", url=os.environ["REDIS_URL"])
elif store == "sqlite":
    app = huey.SqliteHuey("bench", filename=os.environ["HUEY_FILE"], fsync=True)  # synchronous=FULL
else:
    sys.exit(f"STORE is redis or sqlite, not {store}")


@app.task()
def noop():
    mark()


submit = noop
worker = [
    sys.executable, "-m", "huey.bin.huey_consumer", "huey_peer.app", "--quiet", "--no-periodic",
    "--worker-type", os.environ.get("POOL", "thread"), "--workers", os.environ.get("CONCURRENCY", "10"),
    "--delay", os.environ.get("POLL", "0.1"),  # Huey's default; only SQLite is polled, Redis wakes the worker
]
prepare = lambda: None
close = lambda: None
