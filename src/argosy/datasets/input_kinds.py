"""Whether an adapter of texts finds its text in a collection's examples. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from argosy.definitions.definition import Spec
from argosy.errors import DefinitionInvalid, InputInvalid
from argosy.models.inputs import text_of
from argosy.registry import Registry
from argosy.types import Input

if TYPE_CHECKING:
    from argosy.models.adapter import Adapter

LOOKED_AT: Final = 20
"""Examples of a collection that are enough to distinguish texts from fields."""


def check_text_fields(adapter: Spec, adapters: Registry[Adapter], inputs: Iterable[Input]) -> None:
    """Raise DefinitionInvalid where one of the inputs lacks a text field that the adapter cannot do without."""
    plugin = adapters.get(adapter.name)
    with plugin.guarded():
        fields = plugin.cls.text_fields(adapter.options)
    try:
        for item in inputs:
            for field in fields:
                text_of(item, "" if field == "text" else field)
    except InputInvalid as problem:
        raise DefinitionInvalid(str(problem), f"adapter {adapter.name}") from None
