"""A project, opened: the settings of its folder, its backends made on first use, and what can be done with it.

`argosy.open(dir)` returns one. Everything the command line does is a call here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from argosy.backends import Backends
from argosy.definitions import find_project, load_settings
from argosy.definitions.project import FILE_NAME

if TYPE_CHECKING:
    import pandas

    from argosy.app.examples import ProjectExamples
    from argosy.app.models import ProjectModels
    from argosy.database import Database
    from argosy.definitions import Registries
    from argosy.feedback.project_feedback import ProjectFeedback
    from argosy.feedback.replay_requests import Replayed
    from argosy.feedback.retrained import Retrained
    from argosy.jobs.queue import Queue
    from argosy.jobs.workers import Workers
    from argosy.lineage.learned import LearnedFrom
    from argosy.lineage.lineage import Lineage
    from argosy.messaging.broker import Broker
    from argosy.messaging.following import Notifications
    from argosy.operations.keys import ProjectKeys
    from argosy.scoring.files import ScoredFile
    from argosy.steps.project_steps import ProjectSteps
    from argosy.store.artifact_store import ArtifactStore
    from argosy.store.store import Store
    from argosy.training.reproduction import Reproduction
    from argosy.tuning.project_plans import ProjectPlans
    from argosy.vault import Vault
    from argosy.vault.tokens import Tokens


class Project:
    """One project, closed where a `with` ends. May be used from several threads; a forked process opens its own."""

    def __init__(self, backends: Backends) -> None:
        self.backends = backends
        self.root, self.settings = backends.root, backends.settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Project({self.settings.name!r} in {str(self.root)!r})"

    # --- backends

    @property
    def registries(self) -> Registries:
        """Every plug-in that a plan may name; the project's own modules are imported."""
        return self.backends.registries

    @property
    def database(self) -> Database:
        return self.backends.database

    @property
    def broker(self) -> Broker:
        return self.backends.broker

    @property
    def artifacts(self) -> ArtifactStore:
        return self.backends.artifacts

    @property
    def vault(self) -> Vault:
        return self.backends.vault

    @property
    def store(self) -> Store:
        return self.backends.store

    @property
    def queue(self) -> Queue:
        return self.backends.queue

    @property
    def workers(self) -> Workers:
        """Those that run, on whichever machine."""
        return self.backends.workers

    @cached_property
    def keys(self) -> ProjectKeys:
        from argosy.operations.keys import ProjectKeys

        return ProjectKeys(self.backends)

    @cached_property
    def tokens(self) -> Tokens:
        """Which caller may use which routes of a server."""
        from argosy.vault.tokens import Tokens

        return Tokens(self.database, self.vault)

    @property
    def spool(self) -> Path:
        """Where servers append predictions before the drainer moves them into the database."""
        return self.backends.spool

    # --- what a user does

    @cached_property
    def examples(self) -> ProjectExamples:
        from argosy.app.examples import ProjectExamples

        return ProjectExamples(self.backends)

    @cached_property
    def plans(self) -> ProjectPlans:
        from argosy.tuning.project_plans import ProjectPlans

        return ProjectPlans(self.backends)

    @cached_property
    def models(self) -> ProjectModels:
        from argosy.app.models import ProjectModels

        return ProjectModels(self.backends)

    @cached_property
    def steps(self) -> ProjectSteps:
        from argosy.steps.project_steps import ProjectSteps

        return ProjectSteps(self.backends)

    @cached_property
    def feedback(self) -> ProjectFeedback:
        from argosy.feedback.project_feedback import ProjectFeedback

        return ProjectFeedback(self.backends)

    def leaderboard(self, plan: str = "") -> pandas.DataFrame:
        """Every definition tried, or those of one plan, best on validation first. Needs the extra `frames`."""
        from argosy.web.frames import leaderboard_frame

        return leaderboard_frame(self.ranked(plan))

    def ranked(self, plan: str = "") -> list[dict[str, Any]]:
        """The leaderboard as one flat dictionary a definition; raises PlanNotFound."""
        from argosy.evaluation.leaderboard import ranked

        return ranked(self.backends.plans, self.registries, self.plans.name(plan) if plan else "")

    def unranked(self, plan: str = "") -> list[str]:
        """The versions that are on no leaderboard: they answer tensors. Raises PlanNotFound."""
        from argosy.evaluation.leaderboard import unranked

        return unranked(self.backends.plans, self.plans.name(plan) if plan else "")

    def retrain(self, model: str, processes: int = 1, now: bool = False) -> Retrained:
        """The champion's definition on newer data and corrections, through the gate. Trains here; returns at its end.

        Raises NothingNew where there is nothing to learn from, ModelNotFound, VersionNotFound without a champion.
        """
        from argosy.feedback.retrained import retrain

        return retrain(self.backends, model, processes, now=now)

    def replay(self, model: str, processes: int = 1) -> Replayed:
        """The champion's live answers against the version before it, which may come back. Returns at its end.

        Raises NothingToRollBack, ModelNotFound, VersionNotFound without a champion.
        """
        from argosy.feedback.replayed import replay

        return replay(self.backends, model, processes)

    def notifications(self, name: str = "", events: Sequence[str] = ()) -> Notifications:
        """What happens from now on, one after another; under a name also what has happened since it was last used.

        An iterator, closed where a `with` ends. Raises FollowerInvalid, DefinitionInvalid, BrokerUnavailable.
        """
        from argosy.messaging.following import Notifications

        return Notifications(self.database, self.broker, name, events)

    def serve(self, port: int = 0) -> AbstractContextManager[str]:
        """A server in a child process, on this machine alone, for as long as the block runs; its URL.

        Port 0 takes a free one. Raises ServerNotStarted.
        """
        from argosy.http.child_server import child_server

        return child_server(self.root, port)

    def drift(self, target: str, by: str = "") -> pandas.DataFrame:
        """Live answers of a model's versions, or of `MODEL@VERSION`, compared with their test parts.

        Needs the extra `frames`. A row for each hour or day (`by`; else what fits) and thing compared.

        Raises ModelNotFound, VersionNotFound, KeyUnavailable.
        """
        from argosy.evaluation.drift_periods import ROW_COLUMNS, drift_rows, measure_drift
        from argosy.web.frames import as_frame

        return as_frame(drift_rows(measure_drift(self.backends, target, by)), "drift()", ROW_COLUMNS)

    def report(
        self,
        target: str,
        output: str | os.PathLike[str] | None = None,
        *,
        texts: bool = False,
        learning_curve: bool = False,
        quick: bool = False,
        doubts: str | os.PathLike[str] | None = None,
        report_progress: Callable[[str], None] = lambda _: None,
    ) -> Path:
        """Write a page of HTML about a version, or about the champion or the best of a model or plan; where it is.

        `texts` decrypts the texts of the rows that are listed; every label in doubt goes into the file `doubts`,
        decrypted. Raises ModelNotFound, VersionNotFound, PlanNotFound, ExamplesInvalid where that file exists.
        """
        from argosy.web.gathering import ReportOptions, write_report

        path, every = (None if given is None else Path(given) for given in (output, doubts))
        options = ReportOptions(texts, learning_curve, quick, every)
        return write_report(self.backends, target, path, options, report_progress)

    def doubts(self, target: str, *, texts: bool = False, quick: bool = False) -> pandas.DataFrame:
        """Every label that looks wrong, the worst first: a row each. Needs the extra `frames`.

        `texts` decrypts the inputs; `quick` trains nothing and leaves out the training part. Raises as `report` does.
        """
        from argosy.web.frames import as_frame
        from argosy.web.gathering import doubt_columns, doubts_of

        return as_frame(doubts_of(self.backends, target, texts=texts, quick=quick), "doubts()", doubt_columns(texts))

    def reproduce(
        self, reference: str, report_progress: Callable[[str], None] = lambda _: None, *, kept_code: bool = True
    ) -> Reproduction:
        """Train a label or a version again, in a process of its own, and compare bit for bit. Changes nothing.

        With the code of plug-ins that was kept where today's is another, unless `kept_code` is False.
        Raises VersionNotFound, ModelNotFound.
        """
        from argosy.training.reproduction import reproduce

        return reproduce(self.backends, reference, report_progress, kept_code=kept_code)

    def lineage(self, reference: str) -> Lineage:
        """From raw file to answer: of a version, an alias, a label or a prediction's id. Raises as `argosy lineage`."""
        from argosy.lineage.gathering import lineage

        return lineage(self.backends, reference)

    def learned_from(self, *, file: str = "", example: str = "") -> LearnedFrom:
        """Backwards: the versions that learned from a file's rows, or from an example's id. Raises ExamplesInvalid."""
        from argosy.lineage.learned import learned_from_example, learned_from_file

        return learned_from_example(self.backends, example) if example else learned_from_file(self.backends, file)

    def score(self, reference: str, inputs: Any, output: str | os.PathLike[str], **options: Any) -> list[ScoredFile]:
        """Score files into files, as `argosy predict --input` does; `options` and errors are those of `score_paths`."""
        from argosy.scoring.files import score_paths

        return score_paths(self.backends, open_backends, reference, inputs, output, **options)

    def close(self) -> None:
        """Close what was opened; the project may be used again, and opens it again."""
        self.backends.close()


def open_backends(folder: str | os.PathLike[str] = ".") -> Backends:
    """Those of the project of that folder or of the nearest one above it; raises ProjectNotFound, DefinitionInvalid."""
    from argosy.app import backends

    root = find_project(Path(folder))
    return Backends(root, load_settings(root, os.environ), backends)


def open_project(folder: str | os.PathLike[str] = ".", *, create: bool = False) -> Project:
    """The project of that folder or of the nearest one above it; raises ProjectNotFound, DefinitionInvalid.

    `create`: if that folder is not a project yet, it is made one first, as `argosy init` does.
    """
    if create and not (Path(folder) / FILE_NAME).exists():
        from argosy.app.scaffold import create_project

        create_project(Path(folder))
    return Project(open_backends(folder))
