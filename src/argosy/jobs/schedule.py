"""The order in which a plan's definitions are queued."""

from __future__ import annotations

from collections.abc import Iterable


def training_order(items: Iterable[tuple[str, str, float]], stops_early: bool = False) -> list[str]:
    """Labels from (label, adapter key, cost): first one definition of every adapter, so that adapters are fitted
    side by side and shared from then on; then the rest. Costly ones first in both, so that no worker ends up alone
    with a long one. Of a plan that `stops_early`, where one is good enough, cheap ones first: the costly ones may then
    not be needed. The given order breaks ties.
    """
    if stops_early:
        return [label for label, _, _ in sorted(items, key=lambda item: item[2])]
    by_cost = sorted(items, key=lambda item: -item[2])
    seen: set[str] = set()
    first: list[str] = []
    rest: list[str] = []
    for label, adapter_key, _ in by_cost:
        (rest if adapter_key in seen else first).append(label)
        seen.add(adapter_key)
    return first + rest
