"""Who runs the jobs of feedback, each made when one runs: they need more keys than a worker that trains."""

from __future__ import annotations

from argosy.backends import Backends
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job
from argosy.jobs.runner import Handler, Outcome


def feedback_handlers(backends: Backends) -> dict[str, Handler]:
    """By the kind of job."""

    def retrain_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.feedback.corrections import Corrections
        from argosy.feedback.policies import gate_policy
        from argosy.feedback.retraining import Retraining

        plans, policy = backends.plans, gate_policy(backends.settings)
        return Retraining(backends.database, plans, backends.registries, Corrections.of(backends), policy)(job, guard)

    def gate_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.feedback.gating import Gating
        from argosy.feedback.policies import gate_policy

        policy = gate_policy(backends.settings)
        return Gating(backends.database, backends.vault, backends.store, policy)(job, guard)

    def replay_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.feedback.policies import conflict_rule, gate_policy
        from argosy.feedback.replaying import Replaying

        rule, policy = conflict_rule(backends.settings), gate_policy(backends.settings)
        return Replaying(backends.database, backends.prediction_log, backends.store, rule, policy)(job, guard)

    def drift_job(job: Job, guard: LeaseGuard) -> Outcome:
        from argosy.evaluation.drift_checker import DriftChecker
        from argosy.feedback.drifting import Drifting

        return Drifting(backends.database, backends.prediction_log, DriftChecker.of(backends))(job, guard)

    return {"retrain": retrain_job, "gate": gate_job, "replay": replay_job, "drift": drift_job}
