"""The section on what became of it: promotions with their evidence."""

from __future__ import annotations

from html import escape

from argosy.clock import format_time
from argosy.web.charts.dots import Dot, intervals
from argosy.web.contents import Contents, Promotion
from argosy.web.html import DASH, badge, paragraph, plot, section, table


def history(contents: Contents) -> str:
    """Who took whose place, when and on what evidence."""
    title = "Promotions"
    moves = contents.promotions
    if not moves:
        return section("history", title, paragraph("No alias has ever pointed at this model.", "note"))
    judged = [(move, move.evidence) for move in moves if move.evidence and move.evidence.get("difference") is not None]
    dots = [
        Dot(f"{_way(move)}", found["difference"], found["low"], found["high"], "good" if found["low"] > 0 else "bad")
        for move, found in judged
    ]
    name = "Change in accuracy that each promotion rested on"
    axis = "points of accuracy"
    drawn = plot(
        lambda width: intervals(dots, width, name, axis, reference=0.0, signed=True),
        "The gate's evidence: both versions on the same rows, which neither had learned from.",
    )
    rows = [
        (
            escape(format_time(move.moved_at)[:19].replace("T", " ")),
            f"{badge(move.alias, 'accent')} {_way(move)}",
            escape(move.action),
            escape(move.by),
            escape(move.reason or DASH),
        )
        for move in moves
    ]
    listed = table(("When (UTC)", "Alias", "Action", "By", "Why"), rows, "Moves of aliases, the newest first", "prose")
    return section("history", title, drawn if dots else "", listed)


def _way(move: Promotion) -> str:
    return f"{DASH if move.from_number is None else move.from_number} → {move.to_number}"
