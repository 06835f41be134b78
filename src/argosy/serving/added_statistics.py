"""What several processes counted of the same versions, added. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

NEWEST: Final = "last_inference"
"""A time, of which the latest counts."""


def added_statistics(each: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Triton's statistics of every version that any of them has, by name and number."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for one in (one for counted in each for one in counted):
        key = (one["name"], int(one["version"]))
        found[key] = _added(found[key], one) if key in found else dict(one)
    return [found[key] for key in sorted(found)]


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **one,
        NEWEST: max(one[NEWEST], other[NEWEST]),
        "inference_count": one["inference_count"] + other["inference_count"],
        "execution_count": one["execution_count"] + other["execution_count"],
        "inference_stats": _summed(one["inference_stats"], other["inference_stats"]),
        "batch_stats": _by_size(one["batch_stats"], other["batch_stats"]),
    }


def _summed(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Each name with the counts and times of both."""
    return {name: {part: one[name][part] + other[name][part] for part in one[name]} for name in one}


def _by_size(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for row in (*one, *other):
        size = row["batch_size"]
        stages = {name: times for name, times in row.items() if name != "batch_size"}
        found[size] = _summed(found[size], stages) if size in found else stages
    return [{"batch_size": size, **found[size]} for size in sorted(found)]
