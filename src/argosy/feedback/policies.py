"""What a project's settings ask of the gate, of triggers, and of feedback that contradicts itself."""

from __future__ import annotations

import msgspec

from argosy.definitions import Settings
from argosy.evaluation.gate import Policy
from argosy.feedback.labels import ConflictRule
from argosy.feedback.triggers import DriftPolicy, Schedule


def gate_policy(settings: Settings) -> Policy:
    """What a challenger must show."""
    return Policy(**msgspec.structs.asdict(settings.gate))


def conflict_rule(settings: Settings) -> ConflictRule:
    """Which label counts where one prediction was given several."""
    return ConflictRule.parse(settings.feedback_conflicts)


def schedule(settings: Settings) -> Schedule:
    """When a model is retrained by itself."""
    asked, cooldown = settings.retrain, settings.gate.cooldown_seconds
    drift = None if asked.drift is None else DriftPolicy(**msgspec.structs.asdict(asked.drift))
    return Schedule(asked.every_seconds, asked.corrections, cooldown, settings.training.quiet(), drift)
