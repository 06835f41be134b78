"""Changing a version's decisions: what a caller asks for, merged with those in force, and the bias that is measured.

A bias is measured in a child process on the validation part, from the model's own answers: the test part stays
untouched, so that the figures that were reported on it stay honest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from argosy.backends import Backends
from argosy.errors import DecisionsInvalid, nearest
from argosy.jobs.selection import resolve_version
from argosy.models.decisions import (
    AbstainStep,
    BiasStep,
    ClampStep,
    DecisionStep,
    ThresholdStep,
    TopStep,
    check_fits,
    in_order,
    steps_of,
)
from argosy.store.decided import decisions_of, put_decisions
from argosy.store.trained import Version
from argosy.subprocess_tasks import run_task
from argosy.types import Part, Progress

MEASURED: Final = "measured"
LEAST_ROWS: Final = 10
RESAMPLES: Final = 4_000
CONFIDENCE: Final = 0.95
_MEASURED_BIAS: Final = {"step": "bias", "add": MEASURED}
STEPS: Final = {
    "bias": BiasStep,
    "clamp": ClampStep,
    "threshold": ThresholdStep,
    "abstain": AbstainStep,
    "top-k": TopStep,
}


@dataclass(frozen=True)
class DecisionChange:
    """Steps to put in the place of those that there are of the same name; what is not named stays.

    `threshold` has the probability from which a label is answered, and what is given otherwise, by label.
    """

    clamp: tuple[float | None, float | None] | None = None
    bias: float | Literal["measured"] | None = None
    threshold: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    abstain: tuple[float, str] | None = None
    top_k: int | None = None
    remove: Collection[str] = ()

    @property
    def is_empty(self) -> bool:
        return self == DecisionChange()


def change_decisions(backends: Backends, reference: str, change: DecisionChange, reason: str, by: str) -> Version:
    """The version with its new decisions in force; as it was, where they are the same. Raises DecisionsInvalid.

    And ModelNotFound, VersionNotFound, and what reading the validation part raises.
    """
    version = resolve_version(backends.plans, reference)
    trained = backends.store.trained(version.label)
    wanted = merged((), change, BiasStep(0.0))
    check_fits(wanted, _classes(backends, version), is_of_lists="per_label" in trained.confusion)
    bias = _bias(backends, version, change.bias)
    with backends.database.write() as transaction:
        before = decisions_of(transaction, version.model, version.number)
        steps = merged(before.steps, change, bias)
        put_decisions(transaction, version.model, version.number, steps, by=by, reason=reason)
    return backends.store.stored_version(version.reference)


def replace_decisions(backends: Backends, reference: str, given: Any, reason: str, by: str) -> Version:
    """The version with a list of steps, as mappings, in the place of all that there were; a bias may be `measured`.

    Raises as `change_decisions` does.
    """
    version = resolve_version(backends.plans, reference)
    trained = backends.store.trained(version.label)
    is_measured = isinstance(given, list) and _MEASURED_BIAS in given
    steps = steps_of([{**one, "add": 0.0} if one == _MEASURED_BIAS else one for one in given] if is_measured else given)
    check_fits(steps, _classes(backends, version), is_of_lists="per_label" in trained.confusion)
    if is_measured and (bias := _bias(backends, version, MEASURED)) is not None:
        steps = tuple(bias if isinstance(one, BiasStep) else one for one in steps)
    with backends.database.write() as transaction:
        put_decisions(transaction, version.model, version.number, steps, by=by, reason=reason)
    return backends.store.stored_version(version.reference)


def merged(
    before: Sequence[DecisionStep], change: DecisionChange, bias: BiasStep | None = None
) -> tuple[DecisionStep, ...]:
    """The steps after a change; `bias` is the step that its bias means. Pure; raises DecisionsInvalid."""
    for name in change.remove:
        if name not in STEPS:
            raise DecisionsInvalid(f"there is no step '{name}'{nearest(name, STEPS)}; there are: {', '.join(STEPS)}")
    removed = {STEPS[name] for name in change.remove}
    given: list[DecisionStep] = [
        ThresholdStep(label, at_least, otherwise) for label, (at_least, otherwise) in change.threshold.items()
    ]
    if change.clamp is not None:
        given.append(ClampStep(*change.clamp))
    if change.bias is not None and bias is not None:
        given.append(bias)
    if change.abstain is not None:
        given.append(AbstainStep(*change.abstain))
    if change.top_k is not None:
        given.append(TopStep(change.top_k))
    replaced = {_place(step) for step in given}
    kept = [step for step in before if type(step) not in removed and _place(step) not in replaced]
    return in_order([*kept, *given])


def measure_bias(backends: Backends, request: Mapping[str, Any], report_progress: Progress) -> dict[str, Any]:
    """In the child: the mean of label minus answer over the validation part, with its interval; no row leaves it."""
    import numpy as np

    from argosy.datasets.dataset import load
    from argosy.label_numbers import numbers_in
    from argosy.models.adapted_model import AdaptedModel
    from argosy.models.inputs import NO_LIMIT
    from argosy.statistics.intervals import percentile_interval, resampled_means

    backends.load_plugins()
    trained = backends.store.trained(request["label"])
    report_progress("reading the validation part")
    rows = load(backends.database, backends.vault, trained.dataset_digest).parts[Part.VALIDATION]
    if len(rows.labels) < LEAST_ROWS:
        return {"rows": len(rows.labels)}
    answers = AdaptedModel.load(backends.artifacts.fetch(trained.artifact)).scores(rows.inputs, NO_LIMIT)[:, 0]
    errors = np.array(numbers_in(rows.labels), np.float64) - answers
    interval = percentile_interval(float(errors.mean()), resampled_means(errors, 0, RESAMPLES), CONFIDENCE)
    return {"rows": len(errors), **interval.to_dict()}


def _bias(backends: Backends, version: Version, given: float | str | None) -> BiasStep | None:
    if given is None:
        return None
    if given != MEASURED:
        return BiasStep(float(given))
    found = run_task(backends.root, "measure_bias", {"label": version.label})
    if "value" not in found:
        raise DecisionsInvalid(
            f"{version.reference} has {found['rows']} validation rows, and a bias is measured on {LEAST_ROWS} or more: "
            "give a number in place of 'measured'"
        )
    step = BiasStep(found["value"], found["rows"], found["low"], found["high"])
    if step.low <= 0 <= step.high:  # type: ignore[operator]  # both are there, of what was measured
        raise DecisionsInvalid(
            f"{version.reference}: the answers are off by {step.add:+.4g} on {step.rows} validation rows "
            f"({step.low:+.4g} to {step.high:+.4g}), which may be chance: there is no bias to correct"
        )
    return step


def _classes(backends: Backends, version: Version) -> list[str]:
    """Without loading the model."""
    from argosy.models.artifact_format import read_artifact

    return list(read_artifact(backends.artifacts.fetch(version.artifact))[0]["classes"])


def _place(step: DecisionStep) -> tuple[type, str]:
    return type(step), step.label if isinstance(step, ThresholdStep) else ""
