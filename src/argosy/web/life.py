"""The sections on what became of it: promotions with their evidence, and drift of live answers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from argosy.clock import format_time
from argosy.feedback.drift import Shift
from argosy.web.charts.bars import Line, bars
from argosy.web.charts.dots import Dot, intervals
from argosy.web.contents import Contents, Live, Promotion
from argosy.web.html import DASH, badge, folded, paragraph, plot, plural, section, table

PLOTTED = 24


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


def drift(contents: Contents) -> str:
    """Whether what it is asked now is what it was tested on."""
    title = "Is the world still the one it was tested in?"
    live = contents.live
    if live is None:
        return section("drift", title, paragraph(contents.notes.get("drift", ""), "note"))
    found = live.drift
    shown = found.shown()
    named = {
        "answers": "the mix of answers",
        "confidence": "the confidence",
        "length": "the length of the inputs",
        "vocabulary": "the words of the inputs",
    }
    *firsts, last = [named[one] for one in shown] or [""]
    changed = f"{', '.join(firsts)} and {last}" if firsts else last
    said = (
        f"{plural(found.live_rows, 'live answer')} from {escape(_day(live.first_at))} to {escape(_day(live.last_at))}, "
        f"beside {plural(found.reference_rows, 'row')} of the test part. "
    )
    if shown:
        said += f"<strong>Changed beyond chance: {changed}.</strong> That asks for a look, and for labels: "
        said += "drift alone does not say that the model got worse."
    else:
        said += "Nothing has changed beyond chance."
    lines = [
        ("Mix of answers: share that changed class", found.answers, 100.0, "%"),
        ("Mean confidence", found.confidence, 100.0, "points"),
        ("Words that training never saw", found.vocabulary, 100.0, "points"),
        ("Mean log length", found.length, 1.0, ""),
    ]
    rows = [(name, *_cells(shift, factor, unit)) for name, shift, factor, unit in lines]
    columns = ("What", ">Test part", ">Live", ">Shift", ">95 % interval", ">p")
    listed = table(columns, rows, "Shifts from the test part to live answers")
    return section("drift", title, paragraph(said), listed, _mixes(live))


def _mixes(live: Live) -> str:
    names = sorted({*live.reference_mix, *live.live_mix}, key=lambda name: (-live.live_mix.get(name, 0), name))
    sides = (live.reference_mix, live.live_mix)
    totals = [sum(side.values()) or 1 for side in sides]

    def shares(name: str) -> list[float]:
        return [side.get(name, 0) / total for side, total in zip(sides, totals, strict=True)]

    lines = [Line(name, shares(name), [f"{value * 100:.1f} %" for value in shares(name)]) for name in names[:PLOTTED]]
    series = ["test part", "live"]
    title = "Answers on the test part and live"
    drawn = plot(
        lambda width: bars(lines, width, title, series, ["muted", "accent"]),
        "Share of each class among the answers; grey: on the test part, in colour: live.",
    )
    rows = [(escape(name), *(f"{value * 100:.1f}" for value in shares(name))) for name in names]
    return drawn + folded("All classes", table(("Class", ">Test part, %", ">Live, %"), rows, title))


def _cells(shift: Shift | None, factor: float, unit: str) -> Sequence[str]:
    if shift is None:
        return (DASH,) * 5
    digits = 1 if factor > 1 else 2
    sides = [DASH if side is None else f"{side * factor:.{digits}f}" for side in (shift.reference, shift.live)]
    sign = "" if shift.reference is None else "+"
    value, low, high = (f"{part * factor:{sign}.{digits}f}" for part in (shift.value, shift.low, shift.high))
    return (*sides, f"{value} {unit}".strip(), f"{low} to {high}", f"{shift.p_value:.2g}")


def _day(moment: float) -> str:
    return format_time(moment)[:10]
