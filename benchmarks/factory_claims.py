"""How many jobs several processes claim and finish in a second on one table, for `benchmarks.factory`."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path

from argosy.app import backends
from argosy.jobs.claims import Claims
from argosy.jobs.queue import Queue


def main(url: str, processes: int, jobs: int) -> None:
    database = backends.database(url, Path.cwd())
    queue = Queue(database)
    with database.write() as transaction:
        for number in range(jobs):
            queue.submit(transaction, "noop", f"noop-{number}", {}, priority=number % 2)
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(processes + 1)
    workers = [context.Process(target=work, args=(url, f"worker-{n}", together)) for n in range(processes)]
    for worker in workers:
        worker.start()
    together.wait()
    start = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - start
    done = len(queue.jobs("noop"))
    if any(job.owner and not job.state.is_final for job in queue.jobs("noop")) or done != jobs:
        raise SystemExit("not every job was done")
    print(json.dumps({"claims_s": jobs / seconds}))
    database.close()


def work(url: str, owner: str, together: Barrier) -> None:
    database = backends.database(url, Path.cwd())
    queue, claims = Queue(database), Claims(database, owner, ["noop"])
    together.wait()
    while (lease := claims.next()) is not None:
        queue.finish(lease, {})
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
