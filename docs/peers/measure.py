"""Measures a Python job queue as `millrace bench` measures Millrace.

    measure.py PEER [COUNT]       PEER_peer.py beside this file says how to submit a no-op task and how to start a worker

Every handler appends the time at which it started to one file: 8 bytes, the system's monotonic clock in nanoseconds. The
clock is the same in all processes of a machine, so times are compared across them without asking the peer anything.
"""
import functools, importlib, os, struct, subprocess, sys, tempfile, time

LATENCY_SAMPLES = 500
PATIENCE = 120  # seconds without a further start after which the worker is taken to have stopped


@functools.cache
def marks():
    return os.open(os.environ["PEER_MARKS"], os.O_WRONLY | os.O_APPEND)


def mark():
    """The handler's first line: its start. One write of 8 bytes, also while other processes write theirs."""
    os.write(marks(), struct.pack("=q", time.monotonic_ns()))


def wait_for(count, worker, interval):
    """The starts, in nanoseconds, when there are `count` of them."""
    path, seen, last = os.environ["PEER_MARKS"], -1, time.monotonic()
    while (size := os.path.getsize(path) // 8) < count:
        if worker.poll() is not None:
            sys.exit(f"the worker ended with {worker.returncode} after {size} of {count} tasks")
        if size != seen:
            seen, last = size, time.monotonic()
        elif time.monotonic() - last > PATIENCE:
            sys.exit(f"no further task started: {size} of {count}")
        time.sleep(interval)
    if size > count:
        sys.exit(f"{size} starts of {count} tasks: some ran twice")
    with open(path, "rb") as file:
        return struct.unpack(f"={count}q", file.read(8 * count))


def main(name, count):
    directory = tempfile.mkdtemp()
    os.environ["PEER_MARKS"] = os.path.join(directory, "marks")
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))
    open(os.environ["PEER_MARKS"], "x").close()
    peer = importlib.import_module(f"{name}_peer")
    peer.prepare()

    began = time.monotonic()
    for _ in range(count):
        peer.submit()
    print(f"submit   {count / (time.monotonic() - began):.0f} tasks/s, one caller, no worker running", flush=True)

    worker = subprocess.Popen(peer.worker)
    try:
        starts = wait_for(count, worker, 0.02)
        seconds = (max(starts) - min(starts)) / 1e9
        print(f"drain    {(count - 1) / seconds:.0f} tasks/s, from the first start to the last", flush=True)

        time.sleep(3)  # the worker records its last outcomes and becomes idle
        samples = []
        for index in range(LATENCY_SAMPLES):
            submitted = time.monotonic_ns()
            peer.submit()
            samples.append((wait_for(count + index + 1, worker, 0.001)[-1] - submitted) / 1e6)
            time.sleep(0.01)  # the outcome is recorded
        samples.sort()
        print(f"latency  p50 {samples[len(samples) // 2]:.2f} ms, p99 {samples[len(samples) * 99 // 100]:.2f} ms")
    finally:
        worker.terminate()
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:
            worker.kill()
        peer.close()
        os.remove(os.environ["PEER_MARKS"])
        os.rmdir(directory)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
