"""A plan as a space of choices: which alternative of each kind, then which value of each of its options. Pure.

Choices are named `model` (which alternative) and `model[0].C` (an option of the first): options of plug-ins that were
not chosen are not asked about.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Protocol

import msgspec

from argosy.definitions.alternatives import Alternative
from argosy.definitions.definition import PLUGIN_KINDS, Definition, PluginKind, Registries, canonical_json
from argosy.definitions.expand import expand
from argosy.definitions.plan import Plan
from argosy.definitions.ranges import Range

Choices = Mapping[str, int | float]
"""Name of a choice to the place of the chosen value, or to a number of a range."""


class Chooser(Protocol):
    """Makes the choices."""

    def place(self, name: str, count: int, is_ordered: bool) -> int:
        """One of `count` values by its place; ordered ones are numbers that grow with it."""

    def number(self, name: str, within: Range) -> float:
        """A number of a range."""


def choose_permutation(plan: Plan, chooser: Chooser) -> Plan:
    """The plan with one permutation, each choice made by the chooser."""
    narrowed = {kind: (_narrowed(kind, plan.of(kind), chooser),) for kind in PLUGIN_KINDS}
    return msgspec.structs.replace(plan, **narrowed, search=None)


def permutation_at(plan: Plan, choices: Choices) -> Plan:
    """The plan with one permutation, as those choices say."""
    return choose_permutation(plan, _Given(choices))


def definition_of(plan: Plan, registries: Registries) -> Definition | str:
    """The definition that a plan of one permutation allows, or why it does not."""
    found = expand(plan, registries)
    return found.definitions[0] if found.definitions else (found.forbidden + found.left_out)[0].reason


def effective_options(definition: Definition, registries: Registries) -> str:
    """The same text where all options that have an effect are the same."""
    core = {}
    for kind in PLUGIN_KINDS:
        spec = definition.of(kind)
        plugin = registries.of(kind).get(spec.name)
        with plugin.guarded():
            unused = plugin.cls.unused(spec.options)
        core[kind] = [spec.name, {name: value for name, value in spec.options.items() if name not in unused}]
    return canonical_json(core)


def is_finite(plan: Plan) -> bool:
    """Whether no option has a range."""
    return not any(each.ranges for kind in PLUGIN_KINDS for each in plan.of(kind))


def grid(plan: Plan) -> Iterator[Choices]:
    """Every permutation of a finite plan, in the plan's order."""
    grids = [list(_grid_of(kind, plan.of(kind))) for kind in PLUGIN_KINDS]
    for triple in product(*grids):
        yield {name: place for choices in triple for name, place in choices.items()}


def describe_choices(plan: Plan) -> list[tuple[str, str]]:
    """(`model svm C`, `0.01 to 100, on a logarithmic scale`) for everything that there is to choose."""
    lines: list[tuple[str, str]] = []
    for kind in PLUGIN_KINDS:
        alternatives = plan.of(kind)
        titles = _titles([each.name for each in alternatives])
        if len(alternatives) > 1:
            lines.append((kind, ", ".join(titles)))
        for each, title in zip(alternatives, titles, strict=True):
            for name in _open(each):
                values = each.ranges[name] if name in each.ranges else ", ".join(map(_shown, each.values[name]))
                lines.append((f"{kind} {title} {name}", str(values)))
    return lines


def _titles(names: list[str]) -> list[str]:
    """Alternatives of one name, distinguished by their place: `tfidf 1`, `tfidf 2`."""
    return [
        f"{name} {names[: place + 1].count(name)}" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def _narrowed(kind: PluginKind, alternatives: tuple[Alternative, ...], chooser: Chooser) -> Alternative:
    place = chooser.place(kind, len(alternatives), False) if len(alternatives) > 1 else 0
    one = alternatives[place]
    values = dict(one.values)
    for option in _open(one):
        name = _name(kind, place, option)
        if option in one.ranges:
            within = one.ranges[option]
            values[option] = (within.value(chooser.number(name, within)),)
        else:
            ordered = _in_order(one.values[option])
            values[option] = (ordered[chooser.place(name, len(ordered), _is_ordered(ordered))],)
    return Alternative(one.name, values, one.given, is_optional=one.is_optional)


def _grid_of(kind: PluginKind, alternatives: tuple[Alternative, ...]) -> Iterator[dict[str, int]]:
    for place, one in enumerate(alternatives):
        first = {kind: place} if len(alternatives) > 1 else {}
        names = list(_open(one))
        for places in product(*(range(len(one.values[option])) for option in names)):
            yield first | {_name(kind, place, option): at for option, at in zip(names, places, strict=True)}


def size(plan: Plan) -> int:
    """How many permutations a finite plan has."""
    return math.prod(sum(each.permutations for each in plan.of(kind)) for kind in PLUGIN_KINDS)


def _open(one: Alternative) -> Iterator[str]:
    return (name for name, values in one.values.items() if len(values) > 1 or name in one.ranges)


def _name(kind: PluginKind, place: int, option: str) -> str:
    return f"{kind}[{place}].{option}"


def _is_ordered(values: tuple[Any, ...]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _in_order(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted(values)) if _is_ordered(values) else values


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


class _Given:
    def __init__(self, choices: Choices) -> None:
        self._choices = choices

    def place(self, name: str, count: int, is_ordered: bool) -> int:  # noqa: ARG002  # what was chosen needs no hints
        return int(self._choices[name])

    def number(self, name: str, within: Range) -> float:  # noqa: ARG002
        return self._choices[name]
