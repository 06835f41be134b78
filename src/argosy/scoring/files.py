"""Scoring files by one version, each row in its place, by any number of processes.

- What is under an output's name is whole. Until then it grows as `.NAME.partial`, with `.NAME.progress` next to it, and
  the same command goes on with it, by the version with which it was begun.
- The bytes do not depend on the number of processes. (Ids of logged predictions are drawn.)
- A bad row is said in its row. Memory holds a few batches, whatever the size of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from pathlib import Path

from argosy import clock
from argosy.backends import Backends
from argosy.datasets.file_options import FileOptions
from argosy.datasets.parquet import lines_to_parquet
from argosy.errors import ExamplesInvalid, UserMistake, VersionNotFound
from argosy.jobs.selection import resolve_version, trained_of
from argosy.models.adapted_model import AdaptedModel
from argosy.models.decisions import NO_DECISIONS, Decisions, top_count
from argosy.scoring.child import InputBatch, Opener, ScoredVersion, load_pair
from argosy.scoring.destinations import InputFile, OutputFile, destinations
from argosy.scoring.input_rows import InputReading, WantedColumns, in_batches
from argosy.scoring.journal import Journal, JournalHeader
from argosy.scoring.output_rows import Layout, check_distinct, form_of
from argosy.scoring.pool import ScoringPool
from argosy.scoring.ray_pool import RayScoringPool
from argosy.store.trained_code import changed_code_message, changed_plugins
from argosy.telemetry import logger

_log = logger("argosy.scoring")

Report = Callable[[str, int], None]
"""Called with what is counted, and how many so far."""


@dataclass(frozen=True)
class ScoringRequest:
    """What is to be scored, into what, by which version and how."""

    reference: str
    inputs: Sequence[str]
    output: str
    columns: WantedColumns = field(default_factory=WantedColumns)
    options: FileOptions = field(default_factory=FileOptions)
    processes: int = 1
    has_scores: bool = False
    """Each class's probability too, or its score where the model has none."""
    is_logged: bool = False
    is_stored: bool = False
    replace: bool = False
    """Also existing outputs."""
    on: str = ""
    """The address of a Ray that the processes are on; empty: this machine."""
    folder: str = ""
    """The project's there; empty: as it is here."""


@dataclass(frozen=True)
class ScoredFile:
    """One output; `went_on_from` is how many rows it had before."""

    source: str
    output: str
    version: str
    rows: int
    problems: int
    went_on_from: int = 0


def score_paths(
    backends: Backends,
    opener: Opener,
    reference: str,
    inputs: str | PathLike[str] | Sequence[str | PathLike[str]],
    output: str | PathLike[str],
    *,
    text: str = "",
    keep: Sequence[str] = (),
    subject: str = "",
    entity: str = "",
    encoding: str = "",
    quoting: str = "check",
    processes: int = 1,
    probabilities: bool = False,
    log: bool = False,
    stored_code: bool = False,
    replace: bool = False,
    on: str = "",
    folder: str | PathLike[str] = "",
    report_progress: Report = lambda *_: None,
) -> list[ScoredFile]:
    """As `argosy predict --input`, from Python: an existing output is left, and is not in the answer.

    `inputs` are files, folders or patterns, of which a relative one is below the working folder. Raises as
    `score_files` does.
    """
    named = [inputs] if isinstance(inputs, str | PathLike) else inputs
    limit = backends.settings.limits.text_bytes
    request = ScoringRequest(
        reference,
        [fspath(one) for one in named],
        fspath(output),
        WantedColumns(text, tuple(keep), subject, entity),
        FileOptions(encoding=encoding, quoting=quoting, text_bytes=limit),
        processes,
        probabilities,
        log,
        stored_code,
        replace,
        on,
        fspath(folder),
    )
    return score_files(backends, opener, request, report_progress)[0]


def score_files(
    backends: Backends, opener: Opener, request: ScoringRequest, report: Report = lambda *_: None
) -> tuple[list[ScoredFile], list[str]]:
    """What was scored, and the outputs that were there already and are left.

    Raises UserMistake where all are there, ExamplesInvalid on a file that cannot be read, JobFailed.
    """
    pairs = destinations(request.inputs, request.output, backends.home / "scoring")
    there = [] if request.replace else [output.shown for _, output in pairs if output.exists()]
    if len(there) == len(pairs):
        raise UserMistake(f"{there[0]} exists: --replace scores it again")
    scored: list[ScoredFile] = []
    models: dict[str, AdaptedModel] = {}
    with _pool(backends, opener, request) as pool:
        for source, output in pairs:
            if output.shown in there:
                continue
            try:
                scored.append(_FileScoring(backends, pool, request, models, source, output).run(report))
            finally:
                source.leave()
    return scored, there


def _pool(backends: Backends, opener: Opener, request: ScoringRequest) -> ScoringPool | RayScoringPool:
    if not request.on:
        return ScoringPool(opener, str(backends.root), request.processes)
    return RayScoringPool(opener, request.folder or str(backends.root.absolute()), request.processes, request.on)


class _FileScoring:
    def __init__(
        self,
        backends: Backends,
        pool: ScoringPool | RayScoringPool,
        request: ScoringRequest,
        models: dict[str, AdaptedModel],
        source: InputFile,
        output: OutputFile,
    ) -> None:
        self._backends, self._pool, self._request, self._models = backends, pool, request, models
        self._given, self._asked = source, output
        self._identity = f"{source.identity} {replace(request, processes=1, on='', folder='')}"
        self._source, self._output = source.fetch(), output.working(self._identity)
        self._form = form_of(self._output)

    def run(self, report: Report) -> ScoredFile:
        """The output is at its place before its journal ends: where it cannot be sent, the next run sends it."""
        header = self._header()
        with Journal(self._output) as journal:
            if not journal.go_on(header):
                journal.begin(header, *self._meant())
            before = journal.done.rows
            if journal.batches:
                _log.info("%s: goes on after %s rows, by %s", self._output, f"{before:,}", journal.reference)
            layout, version, reading = self._prepared(journal)
            for batch in self._pool.scored(version, self._batches(journal, layout, reading)):
                journal.add(batch.number, batch.data, batch.rows, batch.problems)
                report("rows", journal.done.rows)
            if not journal.batches:
                raise ExamplesInvalid(f"{self._source}: there is no row in it")
            if self._source.is_file() and self._header() != header:
                raise ExamplesInvalid(f"{self._source}: it changed while it was scored; give the command again")
            finished = self._finished(journal, layout)
            self._asked.send(finished)
            journal.settle(finished)
            done = journal.done
        self._given.release()
        self._asked.release(self._identity)
        return ScoredFile(self._given.shown, self._asked.shown, journal.reference, done.rows, done.problems, before)

    def _meant(self) -> tuple[str, str, Decisions]:
        """The label of the version that is meant, how the output names it, and what is made of its answers."""
        trained = trained_of(self._backends.plans, self._request.reference)
        if self._request.reference != trained.label:
            version = resolve_version(self._backends.plans, self._request.reference)
            return trained.label, version.reference, version.decisions
        versions = self._backends.store.versions_of(trained.label)
        if len(versions) == 1:
            return trained.label, versions[0].reference, versions[0].decisions
        if self._request.is_logged:
            raise VersionNotFound(f"'{trained.label}' is not one version: name MODEL@NUMBER, to log its predictions")
        return trained.label, trained.label, NO_DECISIONS

    def _header(self) -> JournalHeader:
        state, request = self._source.stat(), self._request
        columns, options = request.columns, request.options
        flags = (request.has_scores, request.is_logged, request.is_stored)
        given = [self._form, *map(str, flags), columns.text, *columns.keep, "", columns.subject, columns.entity]
        given += [options.encoding, options.quoting, options.sheet, str(options.text_bytes)]
        return JournalHeader(str(self._source.resolve()), state.st_size, state.st_mtime_ns, request.reference, given)

    def _prepared(self, journal: Journal) -> tuple[Layout, ScoredVersion, InputReading]:
        request, store = self._request, self._backends.store
        model = self._model(journal)
        noun = "probability" if model.estimator.has_probabilities else "score"
        scores = tuple(f"{noun}.{one}" for one in model.classes) if request.has_scores else ()
        is_number = model.estimator.answers_numbers
        scores = () if is_number else scores
        has_top = top_count(model.classes, journal.decisions.steps) > 0
        layout = Layout(
            self._form, journal.reference, request.columns.keep, scores, request.is_logged, is_number, has_top
        )
        check_distinct(layout)
        logged = store.stored_version(journal.reference) if request.is_logged else None
        version = ScoredVersion(journal.label, request.is_stored, logged, journal.decisions)
        reading = InputReading(self._source, request.options, request.columns, model.adapter.reads)
        return layout, version, reading

    def _model(self, journal: Journal) -> AdaptedModel:
        """What the version reads and answers: it is the children that ask it."""
        label, store = journal.label, self._backends.store
        if label not in self._models:
            self._models[label] = load_pair(self._backends, label, is_stored=self._request.is_stored)
            changed = [] if self._request.is_stored else changed_plugins(store.trained(label), store.trained)
            if changed:
                _log.warning("%s", changed_code_message(journal.reference, changed))
        return self._models[label]

    def _batches(self, journal: Journal, layout: Layout, reading: InputReading) -> Iterator[InputBatch]:
        first = journal.batches
        for number, rows in enumerate(in_batches(iter(reading))):
            if number >= first:
                at = journal.moment(number, clock.now()) if self._request.is_logged else 0.0
                yield InputBatch(number, rows, layout, at, journal.seed)

    def _finished(self, journal: Journal, layout: Layout) -> Path:
        if self._form != "parquet":
            return journal.partial
        return lines_to_parquet(journal.partial, layout.columns, self._output.with_name(f".{self._output.name}.new"))
