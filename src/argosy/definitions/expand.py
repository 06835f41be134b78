"""All the definitions that a plan allows, and the account of those it does not.

Every permutation is accounted for once: `permutations` = definitions + forbidden + left out + duplicates. It is
forbidden where a constructor refuses its options together (ValueError), where a rule of the plan bars it, or where its
model refuses its adapter: the first of these that applies is the reason it is counted under. Else it is left out where
an alternative of it says `if_installed` and something is not.

What is asked of plug-in classes is declared in `argosy.plugin_hooks`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from argosy.definitions.alternatives import Alternative
from argosy.definitions.definition import PLUGIN_KINDS, Definition, PluginKind, Registries, Spec
from argosy.definitions.plan import Plan
from argosy.definitions.rules import Marks, first_barring, marks
from argosy.errors import DefinitionInvalid, PlanTooLarge
from argosy.plugin_hooks import AdapterHooks, ModelHooks, PluginHooks
from argosy.plurals import plural
from argosy.registry import Plugin

LIMIT = 1_000_000


class Forbidden(msgspec.Struct, frozen=True):
    """Why permutations will not train, and how many."""

    reason: str
    count: int


class Unused(msgspec.Struct, frozen=True):
    """An option that the plan gives and that has no effect in this many definitions."""

    path: str
    why: str
    definitions: int


class Expansion(msgspec.Struct, frozen=True):
    """What a plan expands to."""

    definitions: list[Definition]
    """In the plan's order, each once: datasets vary slowest, models fastest."""
    permutations: int
    forbidden: list[Forbidden]
    left_out: list[Forbidden]
    duplicates: int
    without_effect: list[Unused]
    distinct: int
    """How many definitions differ when options without effect are left out of the comparison."""


class _Choice(msgspec.Struct):
    """One permutation of the alternatives of one kind."""

    spec: Spec
    marks: Marks
    problem: str | None
    unused: dict[str, str]
    effective: int
    """The same number where all options with an effect are the same."""
    lacks: str = ""
    times: int = 1
    kept: int = 0


class _Account(msgspec.Struct):
    definitions: list[Definition] = []
    forbidden: Counter[str] = msgspec.field(default_factory=Counter)
    left_out: Counter[str] = msgspec.field(default_factory=Counter)
    effective: set[tuple[int, int, int]] = msgspec.field(default_factory=set)
    duplicates: int = 0


def expand(plan: Plan, registries: Registries, limit: int = LIMIT) -> Expansion:
    """Raises PlanTooLarge, before any work, where there are more permutations than `limit`."""
    count = plan.permutations
    if count > limit:
        raise PlanTooLarge(f"the plan has {count:,} permutations, over the limit of {limit:,}: raise the limit")
    choices = {kind: _choices(plan, kind, registries) for kind in PLUGIN_KINDS}
    refusals = _refusals(choices["adapter"], choices["model"], registries)
    account = _judge(plan, choices, refusals)
    return Expansion(
        account.definitions,
        count,
        [Forbidden(reason, times) for reason, times in account.forbidden.items()],
        [Forbidden(reason, times) for reason, times in account.left_out.items()],
        account.duplicates,
        [unused for kind in PLUGIN_KINDS for unused in _without_effect(kind, choices[kind], plan.of(kind))],
        len(account.effective),
    )


def _judge(
    plan: Plan, choices: Mapping[PluginKind, list[_Choice]], refusals: Mapping[tuple[int, int], str]
) -> _Account:
    account = _Account()
    barred = [rule.text for rule in plan.rules]
    for triple in itertools.product(*(choices[kind] for kind in PLUGIN_KINDS)):
        dataset, adapter, model = triple
        times = dataset.times * adapter.times * model.times
        reason = dataset.problem or adapter.problem or model.problem
        if reason is None and (rule := first_barring(dataset.marks, adapter.marks, model.marks)) is not None:
            reason = barred[rule]
        reason = reason or refusals.get((id(adapter), id(model)))
        if reason is not None:
            account.forbidden[reason] += times
            continue
        if lacks := "; ".join(filter(None, (dataset.lacks, adapter.lacks, model.lacks))):
            account.left_out[lacks] += times
            continue
        account.definitions.append(Definition(dataset.spec, adapter.spec, model.spec, plan.evaluate))
        account.effective.add((dataset.effective, adapter.effective, model.effective))
        account.duplicates += times - 1
        for choice in triple:
            choice.kept += 1
    return account


def not_installed(definitions: Iterable[Definition], registries: Registries) -> list[Forbidden]:
    """What is not installed here, with how many of these definitions cannot be trained without it."""
    asked: dict[Spec, str] = {}
    found: Counter[str] = Counter()
    for definition in definitions:
        for kind in PLUGIN_KINDS:
            spec = definition.of(kind)
            if spec not in asked:
                asked[spec] = _lacks(registries.of(kind).get(spec.name), spec)
        found["; ".join(filter(None, (asked[definition.of(kind)] for kind in PLUGIN_KINDS)))] += 1
    return [Forbidden(reason, count) for reason, count in found.items() if reason]


def require_some(expansion: Expansion, plan: Plan) -> None:
    """Raise DefinitionInvalid where none of a plan's permutations may be trained."""
    if not expansion.definitions:
        why = "; ".join(dict.fromkeys(one.reason for one in expansion.forbidden + expansion.left_out))
        raise DefinitionInvalid(
            f"of {plural(expansion.permutations, 'permutation')} none may be trained: {why}", plan.name
        )


def _choices(plan: Plan, kind: PluginKind, registries: Registries) -> list[_Choice]:
    """Each distinct permutation of one kind once, with the number of times that the plan has it."""
    found: dict[str, _Choice] = {}
    effective: dict[str, int] = {}
    for alternative in plan.of(kind):
        plugin = registries.of(kind).get(alternative.name)
        for spec in alternative.specs():
            if (known := found.get(spec.canonical())) is not None:
                known.times += 1
                known.lacks = known.lacks if alternative.is_optional else ""
                continue
            unused = _unused(plugin, spec)
            core = Spec(spec.name, {name: value for name, value in spec.options.items() if name not in unused})
            number = effective.setdefault(core.canonical(), len(effective))
            problem = _problem(plugin, spec, kind)
            lacks = _lacks(plugin, spec) if alternative.is_optional and problem is None else ""
            found[spec.canonical()] = _Choice(spec, marks(plan.rules, kind, spec), problem, unused, number, lacks)
    return list(found.values())


def _unused(plugin: Plugin[PluginHooks], spec: Spec) -> dict[str, str]:
    with plugin.guarded():
        return plugin.cls.unused(spec.options)


def _lacks(plugin: Plugin[PluginHooks], spec: Spec) -> str:
    with plugin.guarded():
        return plugin.cls.lacks(spec.options)


def _problem(plugin: Plugin[Any], spec: Spec, kind: PluginKind) -> str | None:
    try:
        plugin.create(spec.options, f"{kind} {spec.name}")
    except DefinitionInvalid as error:
        return str(error)
    return None


def _refusals(adapters: list[_Choice], models: list[_Choice], registries: Registries) -> dict[tuple[int, int], str]:
    """Why a model will not have an adapter, by the two choices; the willing are left out."""
    asked: dict[tuple[int, type], str | None] = {}
    found: dict[tuple[int, int], str] = {}
    for model in models:
        if model.problem:
            continue
        plugin = registries.models.get(model.spec.name)
        with plugin.guarded():
            learner: type[ModelHooks] = plugin.cls.learner(model.spec.options)
        for adapter in adapters:
            key = (id(adapter), learner)
            if key not in asked:
                cls: type[AdapterHooks] = registries.adapters.get(adapter.spec.name).cls
                with plugin.guarded():
                    asked[key] = learner.refuses(cls, adapter.spec.options)
            if (reason := asked[key]) is not None:
                found[id(adapter), id(model)] = reason
    return found


def _without_effect(kind: PluginKind, choices: list[_Choice], alternatives: tuple[Alternative, ...]) -> list[Unused]:
    given = {(each.name, option) for each in alternatives for option in each.given}
    counts: Counter[tuple[str, str]] = Counter()
    for choice in choices:
        for option, why in choice.unused.items():
            if choice.kept and (choice.spec.name, option) in given:
                counts[f"{kind}.options.{option}", why] += choice.kept
    return [Unused(path, why, count) for (path, why), count in counts.items()]
