"""A range of numbers as an option's values, in a plan that searches: `{low: 0.01, high: 100, log: true}`."""

from __future__ import annotations

import math
import typing
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from argosy.errors import DefinitionInvalid
from argosy.registry import Option
from argosy.typed_values import checked_struct, shown

_DIGITS = 6


class _Written(msgspec.Struct, frozen=True):
    low: int | float
    high: int | float
    log: bool = False
    steps: Annotated[int, msgspec.Meta(ge=2, le=1000)] | None = None


class Range(msgspec.Struct, frozen=True):
    """Numbers from `low` to `high`, both included; on a logarithmic scale each doubling is as wide as the next."""

    low: int | float
    high: int | float
    log: bool
    is_whole: bool

    def value(self, drawn: float) -> int | float:
        """A drawn number as it goes into a definition: whole, or of six digits."""
        if self.is_whole:
            return round(min(max(drawn, self.low), self.high))
        return min(max(float(f"{drawn:.{_DIGITS}g}"), self.low), self.high)

    def points(self, steps: int) -> tuple[int | float, ...]:
        """Evenly spaced values, ends included, each once."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            drawn = [math.exp(low + (high - low) * step / (steps - 1)) for step in range(steps)]
        else:
            drawn = [self.low + (self.high - self.low) * step / (steps - 1) for step in range(steps)]
        return tuple(dict.fromkeys(map(self.value, drawn)))

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}" + (", on a logarithmic scale" if self.log else "")


def is_range(value: Any) -> bool:
    """Whether a range was meant."""
    return isinstance(value, Mapping) and bool({"low", "high"} & set(value))


def parse_range(option: Option, value: Mapping[str, Any], path: str) -> Range | tuple[Any, ...]:
    """A range, or, where it says how many `steps`, that many values of it; raises DefinitionInvalid."""
    written = checked_struct(_Written, value, path)
    is_whole = not _admits(option.annotation, float)
    if is_whole and not _admits(option.annotation, int):
        raise DefinitionInvalid(f"'{option.name}' takes no numbers, so no range: {option.allowed}", path)
    for end in ("low", "high"):
        option.check(getattr(written, end), f"{path}.{end}")
    if written.low >= written.high:
        raise DefinitionInvalid(f"low must be less than high; got {shown(value)}", path)
    if written.log and written.low <= 0:
        raise DefinitionInvalid(f"a logarithmic scale has no {written.low:g}: low must be above 0", f"{path}.low")
    found = Range(written.low, written.high, written.log, is_whole)
    if written.steps is None:
        return found
    return tuple(option.check(point, path) for point in found.points(written.steps))


def _admits(annotation: Any, number: type) -> bool:
    return annotation is number or any(_admits(each, number) for each in typing.get_args(annotation))
