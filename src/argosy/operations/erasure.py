"""Erasing a subject: examples, predictions, feedback, the spool and jobs, and what models learned from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from argosy.backends import Backends
from argosy.datasets.examples import examples_there
from argosy.errors import RowUnreadable, VersionNotFound
from argosy.identities import resting_forms
from argosy.jobs.erasure import erase_words
from argosy.predictions.log import SCOPE
from argosy.predictions.spools import SpoolStatus
from argosy.predictions.warm_up_requests import erase_warm_up_requests
from argosy.processes import current_user
from argosy.store import held_out, marks
from argosy.store.members import learned_digests
from argosy.store.store import Store
from argosy.store.trained import Version

LIVE_SECONDS: Final = 5.0
"""For how long those spools are waited for whose drainers live; each looks several times a second."""
MARK: Final = "it learned from a subject that was erased"


@dataclass(frozen=True)
class ErasedSubject:
    """What is gone, and the versions that learned from it: these are for you to judge."""

    examples: int
    revisions: int
    predictions: int
    models: list[str]
    damaged: list[str] = field(default_factory=list)
    """Spool files that cannot be read to their end, nor so searched: to be deleted by hand."""
    waiting: list[SpoolStatus] = field(default_factory=list)
    """Spools elsewhere that have not carried it out yet; from none of them anything of the subject comes any more."""
    warm_up_requests: int = 0
    """That were given about it; those that were recorded are among the predictions."""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing was stored about the subject: it may have been written otherwise."""
        return not (self.revisions or self.predictions or self.warm_up_requests)


def erase_subject(backends: Backends, subject: str, mark: bool = False, wait: float | None = None) -> ErasedSubject:
    """Remove a subject from all that holds it. Idempotent: see `is_nothing`.

    `mark`: mark the versions that learned from it, so that they are not promoted by mistake. `wait`: for how many
    seconds to wait until every spool has carried it out; by default a moment, for those that live.
    """
    log = backends.prediction_log
    predictions = log.erase(subject)
    with backends.database.write() as transaction:
        erase_words(transaction, {*resting_forms(subject), *predictions})
        given = erase_warm_up_requests(transaction, backends.vault.scope(SCOPE), subject)
    erased = backends.examples.erase(subject)  # and purges the database's files, last
    with backends.database.write() as transaction:
        answered = held_out.held_out_examples(transaction)
        held_out.forget_held_out(transaction, answered - examples_there(transaction, answered))
    versions = _learned_from(backends.store, set(erased.datasets)) if erased.datasets else []
    if mark:
        with backends.database.write() as transaction:
            for version in versions:
                marks.mark_result(transaction, version.label, MARK, current_user())
    damaged = [str(path) for path in log.damaged()]
    names = [version.reference for version in versions]
    waiting = backends.spools.have_erased(LIVE_SECONDS if wait is None else wait, silent_too=wait is not None)
    return ErasedSubject(erased.examples, erased.revisions, len(predictions), names, damaged, waiting, given)


def _learned_from(store: Store, datasets: set[str]) -> list[Version]:
    """The versions that learned from one of those datasets, or for which that is unknown."""

    def has_learned(label: str) -> bool:
        try:
            return not datasets.isdisjoint(learned_digests(store.trained(label), store.trained))
        except (RowUnreadable, VersionNotFound):
            return True

    versions = sorted(store.all_versions(), key=lambda version: (version.model, version.number))
    return [version for version in versions if has_learned(version.label)]
