"""`ensemble:` of a plan: trained definitions that answer together, in place of an adapter and a model.

It says the same as the adapter `members`, whose features are what other definitions' models answer, and a model that
takes these. A definition names its members by label, so that its own label depends on theirs; a plan may name versions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from argosy.definitions.definition import refuse_unknown_keys
from argosy.errors import DefinitionInvalid
from argosy.typed_values import shown

ADAPTER: Final = "members"
"""The name of the adapter."""
KEYS: Final = ("of", "by", "folds", "seed")


def member_labels(definition: Mapping[str, Any]) -> list[str]:
    """The members of a definition, as JSON values, in their order; none where it is no ensemble."""
    adapter = definition["adapter"]
    return list(adapter["options"]["of"]) if adapter["name"] == ADAPTER else []


def spelled_out(values: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """A plan's values with adapter and model in place of `ensemble`, and the paths that errors name them by."""
    if values.get("ensemble") is None:
        return values, {}
    for part in ("adapter", "model"):
        if part in values:
            raise DefinitionInvalid(f"the ensemble stands in its place: give `{part}` or `ensemble`", part)
    ensemble = values["ensemble"]
    refuse_unknown_keys(ensemble, KEYS, "an ensemble", "ensemble")
    of = ensemble.get("of")
    if not isinstance(of, list) or not of:
        raise DefinitionInvalid(
            f"expected a list of labels or versions, or a list of such; got {shown(of)}", "ensemble.of"
        )
    options = {"of": of if isinstance(of[0], list) else [of]}
    options |= {name: ensemble[name] for name in ("folds", "seed") if name in ensemble}
    rest = {key: value for key, value in values.items() if key != "ensemble"}
    parts = {"adapter": {"name": ADAPTER, "options": options}, "model": ensemble.get("by", "mean")}
    return {**rest, **parts}, {"adapter": "ensemble", "model": "ensemble.by"}


def with_labels(values: Mapping[str, Any], label_of: Callable[[str], str]) -> dict[str, Any]:
    """A plan's values with every member that it names replaced by what `label_of` makes of it."""
    spelled, _ = spelled_out(values)
    adapters = spelled.get("adapter")
    found = [_resolved(one, label_of) for one in (adapters if isinstance(adapters, list) else [adapters])]
    return {**spelled, "adapter": found}


def _resolved(adapter: Any, label_of: Callable[[str], str]) -> Any:
    if not isinstance(adapter, Mapping) or adapter.get("name") != ADAPTER:
        return adapter
    options = adapter.get("options") or {}
    of = [[label_of(member) for member in members] for members in options.get("of", [])]
    return {**adapter, "options": {**options, "of": of}}
