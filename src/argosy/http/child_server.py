"""A server in a child process, for anyone who asks it over HTTP from the same program."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argosy import processes
from argosy.errors import ServerNotStarted

START_SECONDS, READY_POLL_SECONDS = 60.0, 0.05


@contextmanager
def child_server(root: Path, port: int = 0) -> Iterator[str]:
    """A server of the project in that folder, in a child process that only this machine reaches, during the block.

    Its URL, once it is ready. Raises ServerNotStarted, with the last line that the child said.
    """
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        log = Path(folder) / "log"
        arguments = ["--project", str(root), "serve", "--host", "127.0.0.1", "--port", str(port)]
        process = processes.start_argosy(arguments, log=log)
        try:
            yield _ready(process, log)
        finally:
            processes.stop(process)


def _ready(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server listens, once all that it is to serve has been loaded."""
    url, deadline = "", time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"^Serving on (\S+)$", log.read_text("utf-8", errors="replace"), re.MULTILINE)
        url = found[1] if found else url
        if url and _is_ready(url):
            return url
        time.sleep(READY_POLL_SECONDS)
    last = log.read_text("utf-8", errors="replace").strip().splitlines()[-1:]
    raise ServerNotStarted(f"the server did not start: {' '.join(last) or 'it printed no reason'}")


def _is_ready(url: str) -> bool:
    """Whether it says so; one that listens and is not asked by this machine's proxies."""
    import urllib.request  # 20 ms to import, which a server does not need

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/v2/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
