"""A definition: one dataset, one adapter, one model, each a plug-in's name with its options; all a worker needs.

Definitions are values: equal where their canonical forms are, whatever the order of keys, and whether defaults were
spelled out. `label` is the name that a definition's job, result and version have.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec

from argosy.definitions.evaluation import Evaluation, parse_evaluation
from argosy.errors import DefinitionInvalid, PluginNotFound, nearest
from argosy.plugin_hooks import PluginHooks
from argosy.registry import Plugin, Registry
from argosy.typed_values import checked_value, shown
from argosy.types import Options

PluginKind = Literal["dataset", "adapter", "model"]
PLUGIN_KINDS: tuple[PluginKind, ...] = ("dataset", "adapter", "model")

Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]

_EXACT_FLOAT = 2**53
_LABEL_DIGITS = 12


class Registries(msgspec.Struct, frozen=True):
    """The plug-ins that definitions may name."""

    datasets: Registry[Any]
    adapters: Registry[Any]
    models: Registry[Any]

    def of(self, kind: PluginKind) -> Registry[PluginHooks]:
        return {"dataset": self.datasets, "adapter": self.adapters, "model": self.models}[kind]


class Spec(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A plug-in's name with its options; the options are not to be changed in place."""

    name: str
    options: Options = {}

    def canonical(self) -> str:
        """Compact JSON with sorted keys; a number is the same number however it was written."""
        return self._canonical

    def with_options(self, **changes: Any) -> Spec:
        return Spec(self.name, {**self.options, **changes})

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "options": dict(self.options)}

    @cached_property
    def _canonical(self) -> str:
        return canonical_json({"name": self.name, "options": self.options})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and self._canonical == other._canonical

    def __hash__(self) -> int:
        return hash(self._canonical)


class Definition(msgspec.Struct, frozen=True):
    """What is trained, and how it is validated where not on the dataset's own part."""

    dataset: Spec
    adapter: Spec
    model: Spec
    evaluate: Evaluation | None = None
    share: float | None = None
    """Of the training part, that is learned from; None: all of it. The other parts are what they are."""

    def of(self, kind: PluginKind) -> Spec:
        return {"dataset": self.dataset, "adapter": self.adapter, "model": self.model}[kind]

    def with_dataset(self, dataset: Spec) -> Definition:
        return msgspec.structs.replace(self, dataset=dataset)

    def canonical(self) -> str:
        """Compact JSON with sorted keys."""
        adapter, dataset, model = self.adapter.canonical(), self.dataset.canonical(), self.model.canonical()
        evaluate = f',"evaluate":{canonical_json(self.evaluate.to_dict())}' if self.evaluate else ""
        share = f',"share":{canonical_json(self.share)}' if self.share else ""
        return f'{{"adapter":{adapter},"dataset":{dataset}{evaluate},"model":{model}{share}}}'

    def to_dict(self) -> dict[str, Any]:
        """`evaluate` and `share` only where there is one: labels of definitions without one never knew of it."""
        evaluate = {"evaluate": self.evaluate.to_dict()} if self.evaluate else {}
        share = {"share": self.share} if self.share else {}
        return {**{kind: self.of(kind).to_dict() for kind in PLUGIN_KINDS}, **evaluate, **share}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], registries: Registries) -> Definition:
        """Names made canonical, options checked and complete; raises DefinitionInvalid or PluginNotFound."""
        refuse_unknown_keys(values, (*PLUGIN_KINDS, "evaluate", "share"), "a definition", "")
        dataset, adapter, model = (_spec(values.get(kind), registries.of(kind), kind) for kind in PLUGIN_KINDS)
        share = None if values.get("share") is None else checked_value(Share, values["share"], "share")
        return cls(dataset, adapter, model, parse_evaluation(values.get("evaluate")), share)


def label(definition: Definition, dataset_digest: str, code_digests: Mapping[str, str]) -> str:
    """`tfidf-svm-0a1b2c3d4e5f`: the same exactly where definition, data and the code of users' plug-ins are."""
    code = {name: digest for name, digest in code_digests.items() if digest}
    content = "\n".join((definition.canonical(), dataset_digest, canonical_json(code)))
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "_", f"{definition.adapter.name}-{definition.model.name}")
    return f"{readable}-{hashlib.sha256(content.encode()).hexdigest()[:_LABEL_DIGITS]}"


def code_digests(definition: Definition, registries: Registries) -> dict[str, str]:
    """Plug-in to digest of its code, for the users' own alone, also inside the options of others."""
    plugins = plugins_of(definition.to_dict(), registries)
    return {name: plugin.code_digest for name, plugin in plugins.items() if plugin.code_digest}


def own_code(registries: Registries) -> dict[str, str]:
    """`kind.name` to digest of its code, of every plug-in that is not Argosy's own."""
    found: dict[str, str] = {}
    for kind in PLUGIN_KINDS:
        plugins = map(registries.of(kind).get, registries.of(kind).names())
        for plugin in (plugin for plugin in plugins if not plugin.is_own):
            with suppress(DefinitionInvalid):  # its source cannot be read: no definition with it was queued
                found[f"{kind}.{plugin.name}"] = plugin.code_digest
    return found


def plugins_of(definition: Mapping[str, Any], registries: Registries) -> dict[str, Plugin[PluginHooks]]:
    """`kind.name` to each plug-in that a definition names, also inside the options of another, if it is known here."""
    found: dict[str, Plugin[PluginHooks]] = {}
    waiting: list[tuple[PluginKind, str, Options]] = [
        (kind, definition[kind]["name"], definition[kind].get("options") or {})
        for kind in reversed(PLUGIN_KINDS)
        if kind in definition
    ]
    while waiting:
        kind, name, options = waiting.pop()
        try:
            plugin = registries.of(kind).get(name)
        except PluginNotFound:
            continue
        found[f"{kind}.{plugin.name}"] = plugin
        with plugin.guarded():
            waiting += plugin.cls.named_plugins(options)
    return found


def canonical_json(value: Any) -> str:
    """Compact JSON with sorted keys, in which 1.0 is 1 and -0.0 is 0."""
    return json.dumps(_normal(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def refuse_unknown_keys(values: Any, known: tuple[str, ...], noun: str, path: str) -> None:
    """Raise DefinitionInvalid unless `values` is a mapping with no other keys than those known."""
    if not isinstance(values, Mapping):
        raise DefinitionInvalid(f"{noun} is a mapping with {', '.join(known)}; got {shown(values)}", path)
    for key in values:
        if key not in known:
            where = f"{path}.{key}" if path else str(key)
            raise DefinitionInvalid(
                f"{noun} has no such key{nearest(str(key), known)}; it has: {', '.join(known)}", where
            )


def _spec(values: Any, registry: Registry[Any], path: str) -> Spec:
    if values is None:
        raise DefinitionInvalid("is missing: write {name: …, options: {…}}", path)
    refuse_unknown_keys(values, ("name", "options"), f"a {registry.noun}", path)
    name, options = values.get("name"), values.get("options") or {}
    if not isinstance(name, str):
        raise DefinitionInvalid(f"expected the name of a {registry.noun}; got {shown(name)}", f"{path}.name")
    if not isinstance(options, Mapping):
        raise DefinitionInvalid(f"expected a mapping of options; got {shown(options)}", f"{path}.options")
    plugin = registry.get(name, f"{path}.name")
    return Spec(plugin.name, plugin.check(options, f"{path}.options"))


def _normal(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        return int(value)
    if isinstance(value, Mapping):
        return {key: _normal(each) for key, each in value.items()}
    return [_normal(each) for each in value] if isinstance(value, list | tuple) else value
