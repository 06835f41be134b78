"""What is wrong with a plan's triggers that their own parser does not know of: encodings and names of collections."""

from __future__ import annotations

from argosy.datasets.encodings import canonical_encoding
from argosy.datasets.examples import checked_collection
from argosy.definitions import Plan
from argosy.definitions.plan_triggers import ExamplesTrigger, FilesTrigger
from argosy.errors import DefinitionInvalid, ExamplesInvalid


def check_triggers(plan: Plan) -> None:
    """Raises DefinitionInvalid at its place."""
    is_list = isinstance(plan.source.get("on"), list)
    for number, one in enumerate(plan.triggers):
        path = f"on[{number}]" if is_list else "on"
        try:
            if isinstance(one, ExamplesTrigger):
                path += ".examples"
                checked_collection(one.collection)
            elif isinstance(one, FilesTrigger):
                path += ".import"
                canonical_encoding(one.options.encoding or "")
                if one.options.collection is not None:
                    checked_collection(one.options.collection)
        except ExamplesInvalid as error:
            raise DefinitionInvalid(str(error), path) from None
