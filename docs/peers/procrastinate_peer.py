import os, sys

import procrastinate
from measure import mark

concurrency = os.environ.get("CONCURRENCY", "10")
app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(conninfo=os.environ["MILLRACE_TEST_POSTGRES"], max_size=int(concurrency) + 2)
)


@app.task(name="noop")
async def noop():
    mark()


def prepare():
    app.open()
    app.schema_manager.apply_schema()


submit = noop.defer
worker = [
    sys.executable, "-m", "procrastinate", "--app", "procrastinate_peer.app", "--log-level", "warning",
    "worker", "--concurrency", concurrency,
]
close = app.close
