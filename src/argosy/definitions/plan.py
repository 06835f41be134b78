"""A plan: a definition whose options are lists of values, with rules; it stands for all the permutations they allow.

Each of dataset, adapter and model is `{name, options}` or a list of such; a name may be a list too. Every option is
a list of values, and one value may be written bare; an option whose own type is a list takes a list of lists, and
bare is refused. Parsing checks every name and value, but multiplies nothing out: `expand` does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from argosy.definitions.alternatives import Alternative, parse_alternatives
from argosy.definitions.definition import PLUGIN_KINDS, PluginKind, Registries, refuse_unknown_keys
from argosy.definitions.ensemble import spelled_out
from argosy.definitions.evaluation import Evaluation, parse_evaluation
from argosy.definitions.limits import FitLimits, parse_limits
from argosy.definitions.metrics import HEADLINES, Metric, why_not_measured
from argosy.definitions.plan_triggers import PlanTrigger, parse_triggers
from argosy.definitions.rules import Rule, parse_forbid, parse_require
from argosy.definitions.search import Search, check_reached, parse_search
from argosy.definitions.stopping import PlanStop, parse_stop
from argosy.definitions.yaml_files import located, read_mapping
from argosy.errors import DefinitionInvalid
from argosy.typed_values import shown
from argosy.types import LabelKind

KEYS = ("name", *PLUGIN_KINDS, "ensemble", "evaluate", "search", "stop_when", "limits", "forbid", "require", "on")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A checked plan; `name` is the registered model whose versions its results become."""

    name: str
    dataset: tuple[Alternative, ...]
    adapter: tuple[Alternative, ...]
    model: tuple[Alternative, ...]
    forbid: tuple[Rule, ...] = ()
    require: tuple[Rule, ...] = ()
    evaluate: Evaluation | None = None
    search: Search | None = None
    stop_when: PlanStop | None = None
    limits: FitLimits | None = None
    """Of each of its fits."""
    triggers: tuple[PlanTrigger, ...] = ()
    """What submits it again."""
    source: dict[str, Any] = {}
    """As it was written, JSON values; a search, or `stop_when`, with its metric."""

    def of(self, kind: PluginKind) -> tuple[Alternative, ...]:
        return {"dataset": self.dataset, "adapter": self.adapter, "model": self.model}[kind]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return (*self.forbid, *self.require)

    @property
    def permutations(self) -> int:
        """How many there are before rules."""
        return math.prod(sum(each.permutations for each in self.of(kind)) for kind in PLUGIN_KINDS)


def parse_plan(values: Mapping[str, Any], name: str, registries: Registries) -> Plan:
    """A plan from JSON values; `name` is for one that names itself not. Raises DefinitionInvalid, PluginNotFound."""
    refuse_unknown_keys(values, KEYS, "a plan", "")
    search = parse_search(values.get("search"))
    may_range = search is not None
    given, paths = spelled_out(values)
    by_kind = {
        kind: parse_alternatives(given.get(kind), registries.of(kind), paths.get(kind, kind), may_range)
        for kind in PLUGIN_KINDS
    }
    evaluate = parse_evaluation(values.get("evaluate"))
    kind = _label_kind(by_kind["model"], registries)
    if search is not None:
        _check_searched(search, by_kind)
        metric = _metric(search, values["search"], kind)
        search = msgspec.structs.replace(search, metric=metric)
        if metric != "accuracy":
            values = {**values, "search": {**values["search"], "metric": metric}}
        if search.top and evaluate:
            problem = "compares on the validation part, the same for every share: leave out `evaluate`, or this"
            raise DefinitionInvalid(problem, "search.halving")
    stop = parse_stop(values.get("stop_when"), kind, search is not None)
    if stop and stop.metric != "accuracy":
        values = {**values, "stop_when": {**values["stop_when"], "metric": stop.metric}}
    return Plan(
        name=model_name(values.get("name", name)),
        **by_kind,
        forbid=parse_forbid(values.get("forbid"), by_kind, registries),
        require=parse_require(values.get("require"), by_kind, registries),
        evaluate=evaluate,
        search=search,
        stop_when=stop,
        limits=parse_limits(values.get("limits")),
        triggers=parse_triggers(values.get("on")),
        source=msgspec.to_builtins(values),
    )


def load_plan(path: Path, registries: Registries) -> Plan:
    """A plan from a YAML or JSON file, named after the file unless it names itself."""
    with located(path):
        return parse_plan(read_mapping(path), path.stem, registries)


def _check_searched(search: Search, by_kind: Mapping[PluginKind, tuple[Alternative, ...]]) -> None:
    if sum(each.permutations for each in by_kind["dataset"]) > 1 or any(each.ranges for each in by_kind["dataset"]):
        raise DefinitionInvalid(
            "a search compares on the same rows: give one dataset, each option one value", "dataset"
        )
    if search.sampler != "grid":
        return
    for kind, alternatives in by_kind.items():
        for each in alternatives:
            for name in each.ranges:
                problem = "a grid needs to know how many values of a range: add `steps: 5`, or list them"
                raise DefinitionInvalid(problem, f"{kind}.options.{name}")


def _metric(search: Search, values: Mapping[str, Any], kind: LabelKind) -> Metric:
    """The search's metric: that of the leaderboard, unless another is named."""
    if "metric" not in values:
        if search.stop_when.reached is not None:
            check_reached(search.stop_when.reached, HEADLINES[kind], "search.stop_when")
        return HEADLINES[kind]
    if problem := why_not_measured(search.metric, kind):
        raise DefinitionInvalid(problem, "search.metric")
    return search.metric


def _label_kind(models: tuple[Alternative, ...], registries: Registries) -> LabelKind:
    """What labels are to the models; raises DefinitionInvalid where they are numbers to some and classes to others."""
    kinds: dict[LabelKind, str] = {registries.models.get(one.name).cls.label_kind(): one.name for one in models}
    if "numbers" in kinds and len(kinds) > 1:
        other = next(name for kind, name in kinds.items() if kind != "numbers")
        said = f"{kinds['numbers']} answers numbers and {other} classes, whose figures do not compare"
        raise DefinitionInvalid(f"{said}: write a plan for each", "model")
    return next((kind for kind in ("numbers", "lists") if kind in kinds), "single")


def model_name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DefinitionInvalid(f"expected letters, digits and . _ -, as in 'topics'; got {shown(name)}", "name")
    return name
