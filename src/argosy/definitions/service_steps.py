"""`decide:` of a service: steps from the answers of the models to the answer of the service. Pure.

A step is a mapping of its name to its options, `{clamp: {min: 0}}`, or the name of a function in Python,
`module.function`. Steps are applied in the order in which they are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from argosy.definitions.expressions import Expression
from argosy.definitions.service_features import check_column
from argosy.errors import DefinitionInvalid, nearest
from argosy.typed_values import checked_struct, checked_value, shown

SCORE: Final = "score"
"""The value that steps work on: at first the probability, or the number that a model of numbers answers."""
MEASURED: Final = "measured"
"""The bias that training has measured on the validation part of the version that answers."""
FUNCTION: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
Answer = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=1, le=10_000)]
Share = Annotated[float, Meta(gt=0, lt=1)]


class _Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: ClassVar[str]


class ClampOptions(_Options, frozen=True, kw_only=True):
    """Keep the score within borders, both included; None: there is none on that side."""

    name: ClassVar[str] = "clamp"
    min: float | None = None
    max: float | None = None


class CorrectOptions(_Options, frozen=True, kw_only=True):
    """Take a systematic error off the score: a number, or what training has measured."""

    name: ClassVar[str] = "correct"
    bias: float | Literal["measured"]


class MixOptions(_Options, frozen=True, kw_only=True):
    """Compute values from those that there are, in this order; each has its name from then on."""

    name: ClassVar[str] = "mix"
    values: Mapping[str, str]


class UnsureOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From `above` up to, but without, `below`; None: the threshold itself."""

    above: float | None = None
    below: float | None = None
    say: Answer


class ThresholdOptions(_Options, frozen=True, kw_only=True):
    """Say `yes` from `at` on and `no` below it, something else where that is not sure."""

    name: ClassVar[str] = "threshold"
    at: float
    yes: Answer
    no: Answer
    unsure: UnsureOptions | None = None
    by: str = SCORE


class TopOptions(_Options, frozen=True, kw_only=True):
    """Rank the rows that are not decided against, the largest first, and say `otherwise` of those behind the first k.

    `within` the request, or the candidates of each of its inputs. An empty `otherwise` is what the threshold before it
    says to what is below it.
    """

    name: ClassVar[str] = "top"
    k: Count
    by: str = SCORE
    within: Literal["request", "candidates"] = "request"
    otherwise: str = ""


class ExploreOptions(_Options, frozen=True, kw_only=True):
    """Decide this share of the rows by chance, each answer of the threshold before it being as likely."""

    name: ClassVar[str] = "explore"
    share: Share


class FunctionStep(_Options, frozen=True, kw_only=True):
    """`module.function` of the project, from rows to rows."""

    name: ClassVar[str] = "function"
    function: str


DecideStep: TypeAlias = (
    ClampOptions | CorrectOptions | MixOptions | ThresholdOptions | TopOptions | ExploreOptions | FunctionStep
)
_STEPS: Final[Mapping[str, type[_Options]]] = {
    one.name: one for one in (ClampOptions, CorrectOptions, ThresholdOptions, TopOptions)
}
_NAMES: Final = (*_STEPS, "mix", "explore")


def parse_decide_steps(values: Any) -> tuple[DecideStep, ...]:
    """In their order; raises DefinitionInvalid."""
    if values is None:
        return ()
    if not isinstance(values, list):
        raise DefinitionInvalid(f"expected a list of steps; got {shown(values)}", "decide")
    steps = tuple(_step(given, f"decide[{place}]") for place, given in enumerate(values))
    return _completed(steps)


def check_function(text: str, path: str) -> str:
    """The name of a function in a module; raises DefinitionInvalid."""
    if not FUNCTION.fullmatch(text):
        raise DefinitionInvalid(f"{shown(text)} names no function: write module.function", path)
    return text


def _step(given: Any, path: str) -> DecideStep:
    if isinstance(given, str):
        return FunctionStep(function=check_function(given, path))
    if not isinstance(given, Mapping) or len(given) != 1:
        known = ", ".join(_NAMES)
        raise DefinitionInvalid(f"expected one step ({known}) or module.function; got {shown(given)}", path)
    [(name, options)] = given.items()
    where = f"{path}.{name}"
    if name == "mix":
        return _mix(options, where)
    if name == "explore":
        return ExploreOptions(share=checked_value(Share, options, where))
    if name not in _STEPS:
        raise DefinitionInvalid(f"no such step{nearest(str(name), _NAMES)}; there are: {', '.join(_NAMES)}", where)
    step: Any = checked_struct(_STEPS[name], options, where)
    _check(step, where)
    return step  # type: ignore[no-any-return]


def _mix(options: Any, path: str) -> MixOptions:
    if not isinstance(options, Mapping) or not options:
        raise DefinitionInvalid("expected values such as {score: 0.8*probability + 0.2*margin}", path)
    for name, text in options.items():
        check_column(name, f"{path}.{name}")
        Expression(checked_value(str, text, f"{path}.{name}"), f"{path}.{name}")
    return MixOptions(values=dict(options))


def _check(step: DecideStep, path: str) -> None:
    if isinstance(step, ClampOptions):
        if step.min is None and step.max is None:
            raise DefinitionInvalid("needs a `min`, a `max` or both", path)
        if step.min is not None and step.max is not None and step.min > step.max:
            raise DefinitionInvalid(f"the min, {step.min:g}, is above the max, {step.max:g}", path)
    if isinstance(step, ThresholdOptions):
        if step.yes == step.no:
            raise DefinitionInvalid("`yes` and `no` say the same", path)
        if (unsure := step.unsure) is not None:
            above = step.at if unsure.above is None else unsure.above
            below = step.at if unsure.below is None else unsure.below
            if not above <= step.at <= below or above == below:
                raise DefinitionInvalid("goes from an `above` below `at` up to a `below` above it", f"{path}.unsure")


def _completed(steps: tuple[DecideStep, ...]) -> tuple[DecideStep, ...]:
    """With what a step takes from the threshold before it."""
    threshold: ThresholdOptions | None = None
    found = list[DecideStep]()
    for place, step in enumerate(steps):
        where = f"decide[{place}].{step.name}"
        if isinstance(step, ThresholdOptions):
            if threshold is not None:
                raise DefinitionInvalid("there is a threshold before it already", where)
            threshold = step
        if isinstance(step, ExploreOptions) and threshold is None:
            raise DefinitionInvalid("chooses among the answers of a threshold, which must stand before it", where)
        if isinstance(step, TopOptions) and any(isinstance(one, ExploreOptions) for one in found):
            raise DefinitionInvalid("stands behind explore, whose decisions by chance it would change", where)
        if isinstance(step, TopOptions) and not step.otherwise:
            if threshold is None:
                raise DefinitionInvalid("is missing: what is said of the rows behind the first k", f"{where}.otherwise")
            step = msgspec.structs.replace(step, otherwise=threshold.no)
        found.append(step)
    for kind in (TopOptions, ExploreOptions):
        if sum(isinstance(step, kind) for step in found) > 1:
            raise DefinitionInvalid(f"there is more than one {kind.name}", "decide")
    return tuple(found)
