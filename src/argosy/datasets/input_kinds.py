"""Whether an adapter finds its text, or the fields that its options name, in a collection's examples. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from argosy.definitions.definition import Spec
from argosy.errors import DefinitionInvalid, InputInvalid
from argosy.models.fields import category_of, number_of
from argosy.models.inputs import text_of
from argosy.registry import Registry
from argosy.typed_values import abridged_list
from argosy.types import FieldKind, Input

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


def check_named_fields(
    adapter: Spec, adapters: Registry[Adapter], inputs: Sequence[Input], every: Callable[[], Iterable[Input]]
) -> None:
    """Raise DefinitionInvalid where a field that the adapter's options name is of another kind in one of the inputs,
    or is neither in one of them nor in `every` input of the collection.
    """
    plugin = adapters.get(adapter.name)
    with plugin.guarded():
        fields = plugin.cls.named_fields(adapter.options)
    if not (fields and inputs):
        return
    try:
        for item in inputs:
            _check_kinds(_row(item, fields), fields)
    except InputInvalid as problem:
        raise DefinitionInvalid(str(problem), f"adapter {adapter.name}") from None
    for name in fields:
        if not any(name in _row(item, fields) for some in (inputs, every()) for item in some):
            there = abridged_list(sorted({str(one) for item in inputs for one in _row(item, fields)}))
            raise DefinitionInvalid(f"no example has the field '{name}'; there are: {there}", f"adapter {adapter.name}")


def _row(item: Input, fields: Mapping[str, FieldKind]) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {next(iter(fields)) if len(fields) == 1 else "text": item}


def _check_kinds(row: Mapping[str, Any], fields: Mapping[str, FieldKind]) -> None:
    for name, kind in fields.items():
        if kind == "number":
            number_of(row.get(name), name)
        else:
            category_of(row.get(name), name)
