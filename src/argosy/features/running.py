"""Running streams: a thread each, until all are to stop."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from argosy.backends import Backends
from argosy.features.project_streams import ProjectStream
from argosy.features.stream_runner import StreamRunner


def run_streams(
    backends: Backends, streams: Sequence[ProjectStream], stop: threading.Event, until_idle: bool = False
) -> None:
    """Count the events of these streams until `stop`, or until all that there is was counted.

    Raises what a runner does; the others end then.
    """
    log, cache, failed = backends.event_log, backends.cache, list[BaseException]()

    def run(stream: ProjectStream) -> None:
        try:
            StreamRunner(stream.feature, log, cache).run(stop, until_idle)
        except BaseException as error:  # noqa: BLE001  # raised by who waits for the threads
            failed.append(error)
            stop.set()

    threads = [threading.Thread(target=run, args=(stream,), name=f"stream {stream.name}") for stream in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
