"""What a plan allows for one of dataset, adapter and model: plug-ins, each with the values of every option."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from argosy.definitions.definition import Spec, refuse_unknown_keys
from argosy.definitions.ranges import Range, is_range, parse_range
from argosy.errors import DefinitionInvalid
from argosy.registry import Option, Plugin, Registry
from argosy.typed_values import shown


class Alternative(msgspec.Struct, frozen=True):
    """One plug-in; each of its options has at least one value, those not given their default."""

    name: str
    values: Mapping[str, tuple[Any, ...]]
    given: frozenset[str] = frozenset()
    """The options that the plan spells out."""
    ranges: Mapping[str, Range] = {}
    """Of a plan that searches: the options with a range, whose one value in `values` is its low end."""
    is_optional: bool = False
    """Left out where what it needs is not installed."""

    @property
    def permutations(self) -> int:
        return math.prod(map(len, self.values.values()))

    def specs(self) -> Iterator[Spec]:
        """Every permutation, the last option varying fastest."""
        for combination in itertools.product(*self.values.values()):
            yield Spec(self.name, dict(zip(self.values, combination, strict=True)))


def parse_alternatives(
    values: Any, registry: Registry[Any], path: str, may_range: bool = False
) -> tuple[Alternative, ...]:
    """From `{name, options}`, a bare name, or a list of these; raises DefinitionInvalid or PluginNotFound."""
    if values is None:
        raise DefinitionInvalid("is missing: write {name: …, options: {…}}", path)
    if not isinstance(values, list):
        return _alternatives(values, registry, path, may_range)
    if not values:
        raise DefinitionInvalid(f"an empty list allows no {registry.noun}: give at least one", path)
    found = [_alternatives(each, registry, f"{path}[{index}]", may_range) for index, each in enumerate(values)]
    return tuple(itertools.chain.from_iterable(found))


def option_values(option: Option, value: Any, path: str) -> tuple[Any, ...]:
    """The values of an option, checked, from a list of them or a bare one."""
    if not isinstance(value, list):
        return (option.check(value, path),)
    if not value:
        raise DefinitionInvalid("an empty list allows no value: give at least one, or leave the option out", path)
    try:
        return tuple(option.check(each, f"{path}[{index}]") for index, each in enumerate(value))
    except DefinitionInvalid:
        if option.takes_list and _is_value(option, value, path):
            problem = f"one value of it is a list, so its values are a list of lists: write [{shown(value)}]"
            raise DefinitionInvalid(problem, path) from None
        raise


def _alternatives(values: Any, registry: Registry[Any], path: str, may_range: bool) -> tuple[Alternative, ...]:
    if isinstance(values, str):
        values = {"name": values}
    refuse_unknown_keys(values, ("name", "options", "if_installed"), f"a {registry.noun}", path)
    names, options = values.get("name"), values.get("options") or {}
    is_optional = values.get("if_installed", False)
    if not isinstance(is_optional, bool):
        raise DefinitionInvalid(f"expected true or false; got {shown(is_optional)}", f"{path}.if_installed")
    if not isinstance(options, Mapping):
        raise DefinitionInvalid(f"expected a mapping of options; got {shown(options)}", f"{path}.options")
    names = names if isinstance(names, list) else [names]
    if not names or not all(isinstance(name, str) for name in names):
        problem = f"expected the name of a {registry.noun}, or a list of names; got {shown(values.get('name'))}"
        raise DefinitionInvalid(problem, f"{path}.name")
    plugins = [registry.get(name, f"{path}.name") for name in names]
    found = (_alternative(plugin, options, f"{path}.options", may_range) for plugin in plugins)
    return tuple(msgspec.structs.replace(one, is_optional=is_optional) for one in found)


def _alternative(plugin: Plugin[Any], options: Mapping[str, Any], path: str, may_range: bool) -> Alternative:
    given = plugin.rename(options, path)
    values: dict[str, tuple[Any, ...]] = {}
    ranges: dict[str, Range] = {}
    for name, option in plugin.options.items():
        where = f"{path}.{name}"
        if name not in given:
            values[name] = (plugin.default(name, path),)
        elif is_range(given[name]):
            if not may_range:
                raise DefinitionInvalid("a range is for a plan with `search:`; here, list the values", where)
            found = parse_range(option, given[name], where)
            values[name] = (option.check(found.low, where),) if isinstance(found, Range) else found
            ranges |= {name: found} if isinstance(found, Range) else {}
        else:
            values[name] = option_values(option, given[name], where)
    return Alternative(plugin.name, values, frozenset(given), ranges)


def _is_value(option: Option, value: Any, path: str) -> bool:
    try:
        option.check(value, path)
    except DefinitionInvalid:
        return False
    return True
