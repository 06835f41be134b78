"""A version of a model against its champion, by the gate: what a plan has trained may replace what was imported."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from argosy.backends import Backends
from argosy.errors import JobFailed, VersionNotFound
from argosy.feedback.gating import GateRequest, gate_job
from argosy.jobs.job import JobState
from argosy.jobs.selection import resolve_version
from argosy.predictions.feedback_log import last_number
from argosy.store.aliases import CHAMPION
from argosy.worker_processes import run_until


@dataclass(frozen=True)
class Challenged:
    """How the gate judged; numbers are versions of the model."""

    model: str
    champion: int
    challenger: int
    promoted: bool
    reason: str
    verdict: dict[str, Any]
    left_out: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def challenge(backends: Backends, reference: str, processes: int = 1) -> Challenged:
    """Have the gate judge a version, and work on it here until it has; the same two are judged once, and
    again when there is more feedback.

    Raises ModelNotFound, VersionNotFound without a champion, JobFailed.
    """
    version = resolve_version(backends.plans, reference)
    champion = backends.store.stored_version(f"{version.model}@{CHAMPION}")
    if champion.number == version.number:
        raise VersionNotFound(f"{version.reference} is the champion: name the version that is to challenge it")
    with backends.database.read() as transaction:
        newest = last_number(transaction)
    job = gate_job(GateRequest(version.model, version.label, champion.number), newest)
    environment = backends.store.trained(version.label).environment
    with backends.database.write() as transaction:
        requires = dict.fromkeys(environment.get("plugins", {}), "")
        backends.queue.submit(transaction, job["kind"], job["label"], job["payload"], requires)
    run_until(backends, lambda: backends.queue.get(job["label"]).state.is_final, processes)
    ended = backends.queue.get(job["label"])
    if ended.state is not JobState.DONE or ended.result is None:
        raise JobFailed(f"the gate's job {ended.label} {ended.state}: {ended.error}")
    found = ended.result
    return Challenged(
        version.model,
        found["champion"],
        found["challenger"],
        found["promoted"],
        found["verdict"]["reason"],
        found["verdict"],
        found["left_out"],
    )
