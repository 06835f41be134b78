"""A trend run by Flink: its job in a subprocess, by a Python that has PyFlink."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from argosy import processes
from argosy.definitions.project import FlinkSettings
from argosy.definitions.trends import Trend
from argosy.errors import FeaturesInvalid, FlinkFailed, TopicNotFound
from argosy.features.flink_job import flink_job
from argosy.features.flink_places import PASSWORD_VARIABLE, flink_options, flink_places
from argosy.features.trend_sinks import RowFile, row_place
from argosy.features.trending import TrendRow

POLL_SECONDS: Final = 0.2
MOST_LINES: Final = 2000
"""Of what a job prints, that are looked through for its error."""
MOST_CHARACTERS: Final = 300
_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "JAVA_HOME")
"""Of our environment, that a job has too."""
_ERROR: Final = re.compile(r"(?:Caused by: )?(?:[\w.$]+\.)*(\w+(?:Exception|Error)): (.+)")
_HINTS: Final[Mapping[str, str]] = {
    "No module named 'pyflink'": "pip install apache-flink for it, or name another in the setting flink.python",
    "Connection refused": "no cluster of Flink answers where the setting windows says",
    "factory for identifier 'kafka'": "name the jar of Flink's SQL connector for Kafka in the setting flink.jars",
}


class FlinkRunner:
    """Of one project; `windows` names the cluster, or none."""

    def __init__(self, root: Path, log: str, windows: str, settings: FlinkSettings) -> None:
        self._root, self._log, self._windows, self._settings = root, log, windows, settings

    def job(self, trend: Trend, is_bounded: bool, to_file: bool) -> str:
        """The job's file; raises FeaturesInvalid or DefinitionInvalid where there is none."""
        jars = [self._root / one for one in self._settings.jars]
        for jar in jars:
            if not jar.is_file():
                raise FeaturesInvalid(f"flink.jars: there is no file {jar}")
        places = flink_places(self._log, self._root, trend, is_bounded, to_file)
        return flink_job(trend, places, flink_options(self._windows, jars, is_bounded))

    def run_to_file(self, trend: Trend, out: Path, stop: threading.Event) -> int:
        """Put the rows of all events into a file, in their order; how many there are. Raises FlinkFailed."""
        job = self.job(trend, is_bounded=True, to_file=True)
        if self._log.startswith("file:") and not (self._root / self._log[len("file:") :] / trend.stream).is_dir():
            raise TopicNotFound(f"{self._log} has no topic '{trend.stream}'")
        with tempfile.TemporaryDirectory(prefix="argosy-flink-", ignore_cleanup_errors=True) as folder:
            found = Path(folder) / "rows.jsonl"
            self._run(Path(folder), job, [str(found)], stop)
            if stop.is_set():
                return 0
            rows = [_checked(line) for line in found.read_bytes().splitlines()]
        rows.sort(key=row_place)
        file = RowFile(out)
        try:
            file.put(rows)
        finally:
            file.close()
        return len(rows)

    def run_to_topic(self, trend: Trend, stop: threading.Event) -> str:
        """Put rows into the trend's topic until `stop`; or where there is a cluster, which goes on by itself, what it
        calls the job. Raises FlinkFailed."""
        job = self.job(trend, is_bounded=False, to_file=False)
        with tempfile.TemporaryDirectory(prefix="argosy-flink-", ignore_cleanup_errors=True) as folder:
            lines = self._run(Path(folder), job, [], stop)
        return next((line.removeprefix("job ") for line in lines if line.startswith("job ")), "")

    def _run(self, folder: Path, job: str, arguments: Sequence[str], stop: threading.Event) -> Sequence[str]:
        """What it printed; raises FlinkFailed."""
        if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
            raise FlinkFailed("Flink runs on Java 17, which is not there: install it, or set JAVA_HOME")
        file = folder / "job.py"
        file.write_text(job, "utf-8")
        python = self._settings.python
        program = str(self._root / Path(python).expanduser()) if python else sys.executable
        process = processes.start_supervised(folder, "", [program, str(file), *arguments], self._environment())
        lines: deque[str] = deque(maxlen=MOST_LINES)
        reader = threading.Thread(target=_keep, args=(process.stdout, lines), name="flink", daemon=True)
        reader.start()
        try:
            while process.poll() is None and not stop.wait(POLL_SECONDS):
                continue
        finally:
            if process.stdin is not None:
                process.stdin.close()  # which ends it with all that it started
            code = process.wait()
            reader.join()
        if code and not stop.is_set():
            raise FlinkFailed(f"Flink with {program}: {_error_of(lines)}")
        return lines

    def _environment(self) -> dict[str, str]:
        found = {name: os.environ[name] for name in _KEPT if name in os.environ}
        password = urlsplit(self._log).password if self._log.startswith("kafka:") else None
        return found | ({PASSWORD_VARIABLE: unquote(password)} if password else {})


def _keep(pipe: IO[bytes], lines: deque[str]) -> None:
    for line in pipe:
        lines.append(line.decode("utf-8", "replace").rstrip())


def _checked(line: bytes) -> TrendRow:
    return msgspec.json.decode(line, type=dict[str, Any])


def _error_of(lines: Sequence[str]) -> str:
    """The innermost error of those that were printed, on one line, with what to do about it."""
    found = [match for match in map(_ERROR.match, lines) if match]
    said = found[-1][2] if found else (lines[-1] if lines else "it printed nothing")
    said = said if len(said) <= MOST_CHARACTERS else said[:MOST_CHARACTERS] + "…"
    hints = [hint for sign, hint in _HINTS.items() if any(sign in line for line in lines)]
    return ": ".join((said, *hints))
