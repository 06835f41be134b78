"""Decisions: what is made of a model's answers before they are given, as one list of steps. Pure.

A list has its steps in the order in which they are applied, whatever the order in which they were given: of numbers
`bias`, then `clamp`, so that no answer is outside of the borders; of labels every `threshold`, then `abstain`, which
has the last word. `top-k` changes no label: it adds the likeliest classes. A model's scores, probabilities and
confidences stay its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from sys import float_info
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import msgspec

from argosy.errors import ArtifactCorrupt, DecisionsInvalid, nearest
from argosy.models.answer_kinds import VALUE, AnswerKind
from argosy.shortening import shortened
from argosy.typed_values import shown

if TYPE_CHECKING:
    from argosy.models.answers import Scores

ANSWER_CHARACTERS: Final = 200
_SHOWN: Final = 60


class _Step(msgspec.Struct, frozen=True, tag_field="step", forbid_unknown_fields=True):
    of: ClassVar[AnswerKind]


class BiasStep(_Step, frozen=True, tag="bias"):
    """Add a constant to every number, such as the mean error on the validation part with its sign turned.

    `rows`, `low` and `high` say on how many rows it was measured, with its 95 % interval; 0 rows: a person chose it.
    """

    of: ClassVar[AnswerKind] = "regress"
    add: float
    rows: int = 0
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if not self.rows:
            return f"bias {self.add:+.6g}"
        return f"bias {self.add:+.4g} ({self.low:+.4g} to {self.high:+.4g}, {self.rows} validation rows)"


class ClampStep(_Step, frozen=True, tag="clamp"):
    """Keep numbers within borders, both included; None: there is none on that side."""

    of: ClassVar[AnswerKind] = "regress"
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        return (
            f"clamp {'' if self.low is None else f'{self.low:.6g}'}:{'' if self.high is None else f'{self.high:.6g}'}"
        )


class ThresholdStep(_Step, frozen=True, tag="threshold"):
    """Where the model answers `label` with a smaller probability than `at_least`, give `otherwise` in its place."""

    of: ClassVar[AnswerKind] = "classify"
    label: str
    at_least: float
    otherwise: str = ""

    def __str__(self) -> str:
        return f"threshold {self.label} from {self.at_least:.6g}, otherwise {_named(self.otherwise)}"


class AbstainStep(_Step, frozen=True, tag="abstain"):
    """Where the model's confidence is smaller than `below`, give `answer`; the empty text is no label."""

    of: ClassVar[AnswerKind] = "classify"
    below: float
    answer: str = ""

    def __str__(self) -> str:
        return f"abstain below {self.below:.6g} with {_named(self.answer)}"


class TopStep(_Step, frozen=True, tag="top-k"):
    """Give the `k` likeliest classes next to the label, as the model itself ranks them."""

    of: ClassVar[AnswerKind] = "classify"
    k: int

    def __str__(self) -> str:
        return f"top-k {self.k}"


DecisionStep = BiasStep | ClampStep | ThresholdStep | AbstainStep | TopStep
_ORDER: Final[dict[Any, int]] = {BiasStep: 0, ClampStep: 1, ThresholdStep: 2, AbstainStep: 3, TopStep: 4}


class TopLabels(NamedTuple):
    """The likeliest classes of each row with their probabilities, (rows, k), the likeliest first."""

    labels: list[list[str]]
    probabilities: list[list[float]]


class Decisions(msgspec.Struct, frozen=True):
    """The list in force of a version; `revision` counts its changes from 1, 0: there has been none."""

    steps: tuple[DecisionStep, ...] = ()
    revision: int = 0


NO_DECISIONS: Final = Decisions()


def in_order(steps: Iterable[DecisionStep]) -> tuple[DecisionStep, ...]:
    """The steps as they are applied, each checked by itself; raises DecisionsInvalid."""
    found = sorted(steps, key=lambda step: (_ORDER[type(step)], getattr(step, "label", "")))
    keys = [(type(step), getattr(step, "label", "")) for step in found]
    for step, key in zip(found, keys, strict=True):
        if keys.count(key) > 1:
            what = f"threshold of '{step.label}'" if isinstance(step, ThresholdStep) else key[0].__struct_config__.tag
            raise DecisionsInvalid(f"there may be one {what}, and there are {keys.count(key)}")
        _check(step)
    return tuple(found)


def steps_of(given: Any) -> tuple[DecisionStep, ...]:
    """The steps of a list of mappings, each with its `step` and that one's fields; raises DecisionsInvalid."""
    if not isinstance(given, list):
        raise DecisionsInvalid(f"steps: expected a list of mappings, each with a `step`; got {shown(given)}")
    found = []
    for place, one in enumerate(given):
        try:
            found.append(msgspec.convert(one, DecisionStep))
        except msgspec.ValidationError as problem:
            raise DecisionsInvalid(f"steps[{place}]: {_in_words(one, str(problem))}") from None
    return in_order(found)


def decisions_in(exported: Any) -> Decisions:
    """Those that an exported version's entry has; raises ArtifactCorrupt."""
    if exported is None:
        return NO_DECISIONS
    try:
        return Decisions(steps_of(exported.get("decisions", [])))
    except (AttributeError, DecisionsInvalid) as problem:
        raise ArtifactCorrupt(f"a damaged model: its decisions cannot be read: {problem}") from None


def _in_words(given: Any, problem: str) -> str:
    named = given.get("step") if isinstance(given, dict) else None
    known = [one.__struct_config__.tag for one in _ORDER]
    if named not in known:
        hint = nearest(named, known) if isinstance(named, str) else ""
        return f"`step` is {shown(named)}{hint}; there are: {', '.join(known)}"
    return f"{named}: {problem.replace('`', chr(39))}"


def check_fits(steps: Sequence[DecisionStep], classes: Sequence[str], *, is_of_lists: bool = False) -> None:
    """Raise DecisionsInvalid where a step does not go with what a model of these classes answers."""
    if steps and not classes:
        raise DecisionsInvalid(
            "the version answers tensors by its signature, and has neither a label nor a number to decide on"
        )
    kind = "regress" if list(classes) == [VALUE] and not is_of_lists else "classify"
    for step in steps:
        name = type(step).__struct_config__.tag
        if step.of != kind:
            takes, gives = ("numbers", "classes") if kind == "classify" else ("classes", "numbers")
            raise DecisionsInvalid(f"{name} is for {takes}, and the version answers {gives}")
        if is_of_lists:
            raise DecisionsInvalid(f"{name} is for one label a row, and the version answers lists of labels")
        if isinstance(step, ThresholdStep) and step.label not in classes:
            shown = shortened(", ".join(classes), _SHOWN)
            hint = nearest(step.label, classes)
            raise DecisionsInvalid(f"threshold: the version has no class '{step.label}'{hint}; there are: {shown}")
        if isinstance(step, TopStep) and step.k > len(classes):
            raise DecisionsInvalid(f"top-k {step.k}: the version has {len(classes)} classes")


def inherited(steps: Iterable[DecisionStep]) -> tuple[DecisionStep, ...]:
    """Those that hold for a successor too: a bias is the one model's."""
    return tuple(step for step in steps if not isinstance(step, BiasStep))


def decided_numbers(numbers: Scores, steps: Sequence[DecisionStep]) -> Scores:
    """The numbers that are given, all finite, in an array of the same shape; the model's own stay as they are."""
    import numpy as np  # a command that lists versions needs none

    for step in steps:
        if isinstance(step, BiasStep):
            with np.errstate(over="ignore"):
                numbers = np.clip(numbers + step.add, -float_info.max, float_info.max)
        elif isinstance(step, ClampStep):
            low, high = -np.inf if step.low is None else step.low, np.inf if step.high is None else step.high
            numbers = np.clip(numbers, low, high)
    return numbers


def decided_labels(
    answers: Sequence[str],
    confidences: Sequence[float],
    probabilities: Scores,
    classes: Sequence[str],
    steps: Sequence[DecisionStep],
) -> list[str]:
    """The labels that are given in place of a model's own answers, whose probabilities are (rows, classes)."""
    given = list(answers)
    for step in steps:
        if isinstance(step, ThresholdStep):
            column = probabilities[:, list(classes).index(step.label)].tolist() if step.label in classes else ()
            for row, probability in enumerate(column):
                if answers[row] == step.label and probability < step.at_least:
                    given[row] = step.otherwise
        elif isinstance(step, AbstainStep):
            given = [step.answer if sure < step.below else one for one, sure in zip(given, confidences, strict=True)]
    return given


def top_count(classes: Sequence[str], steps: Iterable[DecisionStep]) -> int:
    """How many classes are given next to the label; 0: none. A successor may have fewer than the step says."""
    return next((min(step.k, len(classes)) for step in steps if isinstance(step, TopStep)), 0)


def top_labels(
    scores: Scores, probabilities: Scores, classes: Sequence[str], steps: Iterable[DecisionStep]
) -> TopLabels | None:
    """Those of every row, of equal ones in the order of the classes; None without such a step."""
    count = top_count(classes, steps)
    if not count:
        return None
    places = (-scores).argsort(axis=1, kind="stable")[:, :count]
    found = [[row[place] for place in best] for row, best in zip(probabilities.tolist(), places.tolist(), strict=True)]
    return TopLabels([[classes[place] for place in best] for best in places.tolist()], found)


def _check(step: DecisionStep) -> None:
    match step:
        case BiasStep(add=add):
            _check_finite("bias", add)
        case ClampStep(low=low, high=high):
            if low is None and high is None:
                raise DecisionsInvalid("clamp needs a border: LOW:HIGH, LOW: or :HIGH")
            for border in (low, high):
                _check_finite("clamp", border)
            if low is not None and high is not None and low > high:
                raise DecisionsInvalid(f"clamp: the lower border {low:.6g} is above the upper one, {high:.6g}")
        case ThresholdStep(label=label, at_least=at_least, otherwise=otherwise):
            _check_share(f"threshold of '{label}'", at_least)
            _check_answer("threshold", otherwise)
            if otherwise == label:
                raise DecisionsInvalid(f"threshold: '{label}' cannot be given in place of itself")
        case AbstainStep(below=below, answer=answer):
            _check_share("abstain", below)
            _check_answer("abstain", answer)
        case TopStep(k=k):
            if k < 1:
                raise DecisionsInvalid(f"top-k: a number of classes, 1 or more, and not {k}")


def _check_finite(name: str, value: float | None) -> None:
    if value is not None and not isfinite(value):
        raise DecisionsInvalid(f"{name}: {value} is not a finite number")


def _check_share(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise DecisionsInvalid(f"{name}: a probability above 0, at most 1, and not {value:.6g}")


def _check_answer(name: str, label: str) -> None:
    if len(label) > ANSWER_CHARACTERS or not label.isprintable() or label != label.strip():
        raise DecisionsInvalid(
            f"{name}: a label in place of another has at most {ANSWER_CHARACTERS} printable characters"
        )


def _named(label: str) -> str:
    return f"'{label}'" if label else "no label"
