"""What a result has learned from in addition to its own dataset: an ensemble's members, and what it went on from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from argosy.definitions.ensemble import member_labels
from argosy.store.trained import Trained

AFTER: Final = "after"
"""The option of a model that names the label to go on from."""

Find = Callable[[str], Trained]
"""A label's result; raises VersionNotFound."""


def with_members(trained: Trained, find: Find) -> Iterator[Trained]:
    """A result, then its members', and theirs."""
    yield trained
    for label in member_labels(trained.definition):
        yield from with_members(find(label), find)


def learned_digests(trained: Trained, find: Find) -> list[str]:
    """The datasets that it has learned from, its own first."""
    found = dict.fromkeys(one.dataset_digest for one in with_members(trained, find))
    earlier = trained.definition["model"]["options"].get(AFTER)
    if earlier:
        found |= dict.fromkeys(learned_digests(find(earlier), find))
    return list(found)
