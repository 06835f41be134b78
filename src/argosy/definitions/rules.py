"""Rules over permutations: what a plan forbids, and what it requires of some.

A condition is `model.C: 10`, `model.C: [1, 10]` or `model.C: {min: 1, max: 10}` (bounds included); `adapter.name`
speaks of the plug-in, `model.options.C` is the same as `model.C`. A permutation whose plug-in has no such option does
not meet the condition. `forbid` bars what meets all its conditions; `require: {when, then}` bars what meets all of
`when` and not all of `then`.

`Marks` decides the same for a million permutations: bit i of a mark says that a plug-in meets rule i's conditions on
its kind, so that three of them are judged by two ands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from argosy.definitions.alternatives import Alternative, option_values
from argosy.definitions.definition import PLUGIN_KINDS, Definition, PluginKind, Registries, Spec, refuse_unknown_keys
from argosy.errors import DefinitionInvalid, nearest
from argosy.registry import Plugin
from argosy.typed_values import shown

Alternatives = Mapping[PluginKind, tuple[Alternative, ...]]


class Bounds(msgspec.Struct, frozen=True):
    """Numbers from `least` to `most`, both included."""

    least: float = float("-inf")
    most: float = float("inf")

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.least <= value <= self.most


class Condition(msgspec.Struct, frozen=True):
    """One entry of a rule. `allowed` maps a plug-in to its option's name and values; `*` is the plug-in's own name."""

    kind: PluginKind
    allowed: Mapping[str, tuple[str, tuple[Any, ...] | Bounds]]

    def holds(self, spec: Spec) -> bool:
        if "*" in self.allowed:
            return spec.name in self.allowed["*"][1]
        option, values = self.allowed.get(spec.name, ("", ()))
        return option in spec.options and spec.options[option] in values


class Rule(msgspec.Struct, frozen=True):
    """Bars a definition that meets all of `when`, unless `then` is there and it meets all of that too."""

    when: tuple[Condition, ...]
    then: tuple[Condition, ...] | None
    text: str

    def bars(self, definition: Definition) -> bool:
        return _all_hold(self.when, definition) and not (self.then is not None and _all_hold(self.then, definition))


class Marks(msgspec.Struct, frozen=True):
    """Bit i of each: whether a plug-in meets all of rule i's conditions on its kind."""

    when: int
    then: int


def marks(rules: tuple[Rule, ...], kind: PluginKind, spec: Spec) -> Marks:
    when = then = 0
    for index, rule in enumerate(rules):
        if _kind_holds(rule.when, kind, spec):
            when |= 1 << index
        if rule.then is not None and _kind_holds(rule.then, kind, spec):
            then |= 1 << index
    return Marks(when, then)


def first_barring(dataset: Marks, adapter: Marks, model: Marks) -> int | None:
    """The index of the first rule that bars these three together."""
    met = dataset.when & adapter.when & model.when
    barring = met & ~(dataset.then & adapter.then & model.then) if met else 0
    return (barring & -barring).bit_length() - 1 if barring else None


def parse_forbid(values: Any, by_kind: Alternatives, registries: Registries) -> tuple[Rule, ...]:
    """Rules from one mapping of conditions or a list of them; raises DefinitionInvalid, PluginNotFound."""
    return tuple(
        Rule(_conditions(each, by_kind, registries, path), None, f"forbid: {_text(each)}")
        for path, each in _listed(values, "forbid")
    )


def parse_require(values: Any, by_kind: Alternatives, registries: Registries) -> tuple[Rule, ...]:
    """Rules from one `{when, then}` or a list of them; raises DefinitionInvalid, PluginNotFound."""
    rules = []
    for path, each in _listed(values, "require"):
        refuse_unknown_keys(each, ("when", "then"), "a requirement", path)
        when = _conditions(each.get("when"), by_kind, registries, f"{path}.when")
        then = _conditions(each.get("then"), by_kind, registries, f"{path}.then")
        rules.append(Rule(when, then, f"require: {_text(each['then'])} when {_text(each['when'])}"))
    return tuple(rules)


def _listed(values: Any, path: str) -> list[tuple[str, Any]]:
    if values is None:
        return []
    return [(f"{path}[{i}]", each) for i, each in enumerate(values)] if isinstance(values, list) else [(path, values)]


def _conditions(values: Any, by_kind: Alternatives, registries: Registries, path: str) -> tuple[Condition, ...]:
    if not isinstance(values, Mapping) or not values:
        raise DefinitionInvalid(f"expected conditions such as {{model.name: svm}}; got {shown(values)}", path)
    named = {_split(key, path)[0]: value for key, value in values.items() if _split(key, path)[1] == "name"}
    return tuple(_condition(key, value, by_kind, named, registries, path) for key, value in values.items())


def _condition(
    key: str, value: Any, by_kind: Alternatives, named: Mapping[PluginKind, Any], registries: Registries, path: str
) -> Condition:
    kind, option = _split(key, path)
    where, registry = f"{path}.{key}", registries.of(kind)
    if option == "name":
        return Condition(kind, {"*": ("", tuple(registry.get(name, where).name for name in _names(value, where)))})
    # a rule may speak of a plug-in that the plan has for now commented out
    mentioned = _names(named[kind], f"{path}.{kind}.name") if kind in named else []
    names = dict.fromkeys([*(each.name for each in by_kind[kind]), *mentioned])
    return Condition(kind, _allowed(option, value, [registry.get(name, where) for name in names], where))


def _allowed(
    option: str, value: Any, plugins: list[Plugin[Any]], path: str
) -> dict[str, tuple[str, tuple[Any, ...] | Bounds]]:
    allowed: dict[str, tuple[str, tuple[Any, ...] | Bounds]] = {}
    refused: DefinitionInvalid | None = None
    for plugin in plugins:
        found = plugin.options.get(plugin.option_aliases.get(option, option))
        if found is None:
            continue
        try:
            values = _range(value, path) if isinstance(value, Mapping) else option_values(found, value, path)
            allowed[plugin.name] = (found.name, values)
        except DefinitionInvalid as error:
            refused = error
    if refused is not None and not allowed:
        raise refused
    if not allowed:
        known = sorted({name for plugin in plugins for name in plugin.options})
        owners = ", ".join(plugin.name for plugin in plugins)
        hint = nearest(option, known)
        raise DefinitionInvalid(f"names nothing: no such option of {owners}{hint}; there are: {', '.join(known)}", path)
    return allowed


def _split(key: Any, path: str) -> tuple[PluginKind, str]:
    kind, _, option = str(key).partition(".")
    option = option.removeprefix("options.")
    for known in PLUGIN_KINDS:
        if kind == known and option:
            return known, option
    problem = (
        f"names nothing{nearest(kind, PLUGIN_KINDS)}; write adapter.name or model.OPTION, of dataset, adapter or model"
    )
    raise DefinitionInvalid(problem, f"{path}.{key}")


def _names(value: Any, path: str) -> list[str]:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) for name in names):
        raise DefinitionInvalid(f"expected a name or a list of names; got {shown(value)}", path)
    return names


def _range(value: Mapping[str, Any], path: str) -> Bounds:
    refuse_unknown_keys(value, ("min", "max"), "a range", path)
    for key, bound in value.items():
        if not isinstance(bound, int | float) or isinstance(bound, bool):
            raise DefinitionInvalid(f"expected a number; got {shown(bound)}", f"{path}.{key}")
    found = Bounds(value.get("min", float("-inf")), value.get("max", float("inf")))
    if not value or found.least > found.most:
        raise DefinitionInvalid(f"a range has a min, a max, or a min up to its max; got {shown(value)}", path)
    return found


def _all_hold(conditions: tuple[Condition, ...], definition: Definition) -> bool:
    return all(condition.holds(definition.of(condition.kind)) for condition in conditions)


def _kind_holds(conditions: tuple[Condition, ...], kind: PluginKind, spec: Spec) -> bool:
    return all(condition.holds(spec) for condition in conditions if condition.kind == kind)


def _text(conditions: Mapping[str, Any]) -> str:
    return " and ".join(f"{key.replace('.options.', '.')} {_values_text(value)}" for key, value in conditions.items())


def _values_text(value: Any) -> str:
    if isinstance(value, Mapping):
        signs = {"min": ">=", "max": "<="}
        return " and ".join(f"{signs[bound]} {number:g}" for bound, number in value.items())
    if isinstance(value, list):
        return f"in {', '.join(map(_plain, value))}" if len(value) > 1 else f"= {_plain(value[0])}"
    return f"= {_plain(value)}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else shown(value)
