"""The section on drift: live answers beside the test part, altogether and over time."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from argosy.clock import format_time
from argosy.predictions.looks import Drift
from argosy.statistics.shifts import Shift
from argosy.web.charts.bars import Line, bars
from argosy.web.charts.dots import Dot, intervals
from argosy.web.contents import Contents, Live, Period
from argosy.web.html import DASH, folded, paragraph, plot, plural, section, table

PLOTTED = 24
PLOTS = {"answers": "% of answers", "confidence": "points", "vocabulary": "points"}
NAMED = {
    "answers": ("the mix of answers", "Mix of answers: share that changed class", 100.0, "%"),
    "confidence": ("the confidence", "Mean confidence", 100.0, "points"),
    "vocabulary": ("the words of the inputs", "Words that training never saw", 100.0, "points"),
    "length": ("the length of the inputs", "Mean log length", 1.0, ""),
}


def drift(contents: Contents) -> str:
    """Whether what it is asked now is what it was tested on."""
    title = "Is the world still the one it was tested in?"
    live = contents.live
    if live is None:
        return section("drift", title, paragraph(contents.notes.get("drift", ""), "note"))
    found = live.drift
    said = (
        f"{plural(found.live_rows, 'live answer')} from {escape(_day(live.first_at))} to {escape(_day(live.last_at))}, "
        f"beside {plural(found.reference_rows, 'row')} of the test part. "
    )
    if found.shown():
        said += f"<strong>Changed beyond chance: {_listed(found)}.</strong> That asks for a look, and for labels: "
        said += "drift alone does not say that the model got worse."
    else:
        said += "Nothing has changed beyond chance."
    lines = [(*_name(name)[1:], shift) for name, shift in _ordered(found)]
    rows = [(escape(name), *_cells(shift, factor, unit)) for name, factor, unit, shift in lines]
    columns = ("What", ">Test part", ">Live", ">Shift", ">95 % interval", ">p")
    listed = table(columns, rows, "Shifts from the test part to live answers", "steady")
    return section("drift", title, paragraph(said), listed, _over_time(live.periods), _mixes(live))


def _over_time(periods: Sequence[Period]) -> str:
    """Every period's shifts: the mix as a plot, all of them as a table."""
    if len(periods) < 2:
        return ""
    changed = [name for name in PLOTS if any(name in one.drift.shown() for one in periods)]
    drawn = "".join(_plotted(name, periods) for name in changed or ["answers"])
    names = [name for name, _ in _ordered(periods[-1].drift)]
    rows = [
        (escape(_when(one)), f"{one.drift.live_rows:,}", *(_short(one.drift, name) for name in names))
        for one in periods
    ]
    columns = ("From (UTC)", ">Answers", *(f">{_name(name)[1].partition(':')[0]}" for name in names))
    return drawn + folded(
        "Every shift over time", table(columns, rows, "Shifts over time; bold: beyond chance", "steady")
    )


def _plotted(name: str, periods: Sequence[Period]) -> str:
    title = _name(name)[1]
    dots = [
        Dot(_when(one), shift.value, shift.low, shift.high, "bad" if name in one.drift.shown() else "quiet")
        for one in periods
        if (shift := one.drift.shifts.get(name)) is not None
    ]
    is_signed = name != "answers"
    return plot(
        lambda width: intervals(
            dots, width, f"{title}, over time", PLOTS[name], reference=0.0 if is_signed else None, signed=is_signed
        ),
        f"{title}: the shift of each stretch of time; in red where chance alone hardly explains it.",
    )


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


def _cells(shift: Shift, factor: float, unit: str) -> Sequence[str]:
    digits = 1 if factor > 1 else 2
    sides = [DASH if side is None else f"{side * factor:.{digits}f}" for side in (shift.reference, shift.live)]
    sign = "" if shift.reference is None else "+"
    value, low, high = (f"{part * factor:{sign}.{digits}f}" for part in (shift.value, shift.low, shift.high))
    return (*sides, f"{value} {unit}".strip(), f"{low} to {high}", f"{shift.p_value:.2g}")


def _short(found: Drift, name: str) -> str:
    shift = found.shifts.get(name)
    if shift is None:
        return DASH
    _, value, spread, _ = _cells(shift, *_name(name)[2:])[1:]
    said = f"{value} <span class='spread'>({spread})</span>"
    return f"<strong>{said}</strong>" if name in found.shown() else said


def _ordered(found: Drift) -> list[tuple[str, Shift]]:
    names = [*(name for name in NAMED if name in found.shifts), *sorted(found.shifts.keys() - NAMED)]
    return [(name, found.shifts[name]) for name in names]


def _name(name: str) -> tuple[str, str, float, str]:
    return NAMED.get(name, (name, f"Mean of the {name}", 1.0, ""))


def _listed(found: Drift) -> str:
    *firsts, last = [escape(_name(one)[0]) for one in found.shown()]
    return f"{', '.join(firsts)} and {last}" if firsts else last


def _when(period: Period) -> str:
    is_day = period.ended_at - period.started_at > 4000
    return _day(period.started_at) if is_day else format_time(period.started_at)[:16].replace("T", " ")


def _day(moment: float) -> str:
    return format_time(moment)[:10]
