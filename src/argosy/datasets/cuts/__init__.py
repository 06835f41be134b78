"""The cuts that come with Argosy, one a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.registry import Registry

if TYPE_CHECKING:
    from argosy.datasets.cut import Cut

FROZEN: Final = "frozen"
"""Names rows that were chosen before."""

cuts: Registry[Cut] = Registry("dataset", "argosy.datasets.cut:Cut")
cuts.register("all", "argosy.datasets.cuts.everything:Everything")
cuts.register(FROZEN, "argosy.datasets.cuts.named:Named")
cuts.register("given_split", "argosy.datasets.cuts.given_split:GivenSplit")
cuts.register("latest", "argosy.datasets.cuts.latest:Latest")
cuts.register(
    "span",
    "argosy.datasets.cuts.span:Span",
    aliases=("SpanDataset",),
    option_aliases={"start_datetime_str": "start", "end_datetime_str": "end"},
)
