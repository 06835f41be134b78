"""Points with their intervals, one a line: leaderboards, classes, differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from argosy.shortening import distinct_short_forms
from argosy.web.charts.svg import Scale, element, figure, name_text, percent, text

HEAD, FOOT = 8.0, 30.0
NAME, NARROW_NAME = 36, 44
"""Characters of a name next to its line, and above it."""


@dataclass(frozen=True)
class Dot:
    """One line; `tone` is a class of the style sheet: accent, plain, quiet, muted, good, bad."""

    name: str
    value: float
    low: float
    high: float
    tone: str = "accent"


def intervals(
    dots: Sequence[Dot],
    width: float,
    title: str,
    axis: str,
    *,
    reference: float | None = None,
    signed: bool = False,
    plain: bool = False,
) -> Markup:
    """A line a dot; `reference` draws a line across all, such as at no difference. `plain` are no shares."""
    is_narrow = width < 500
    names, row = (0.0, 40.0) if is_narrow else (270.0, 26.0)
    height = HEAD + row * len(dots) + FOOT
    values = [bound for dot in dots for bound in (dot.low, dot.high)] + ([] if reference is None else [reference])
    margin = max((max(values) - min(values)) * 0.06, 0.0 if plain and max(values) > min(values) else 0.002)
    low, high = min(values) - margin, max(values) + margin
    if not signed:
        low, high = max(low, 0.0), high if plain else min(high, 1.0)
    across = Scale(low, high, names + 8, width - 16)
    drawn = [_axis(across, height, axis, 4 if is_narrow else 7, signed, plain)]
    if reference is not None:
        at = across(reference)
        drawn.append(element("line", class_="reference", x1=at, x2=at, y1=HEAD, y2=height - FOOT))
    short = distinct_short_forms((dot.name for dot in dots), NARROW_NAME if is_narrow else NAME)
    for place, dot in enumerate(dots):
        y = HEAD + row * place + (28 if is_narrow else row / 2)
        is_bold = dot.tone == "accent"
        if is_narrow:
            drawn.append(
                element("g", name_text(short[dot.name], width, is_bold=is_bold, x=0, y=y - 12), class_=dot.tone)
            )
        else:
            label = name_text(short[dot.name], names - 4, is_bold=is_bold, x=names - 4, y=y + 4, text_anchor="end")
            drawn.append(element("g", label, class_=dot.tone))
        drawn.append(_line(dot, y, across, plain))
    described = "; ".join(f"{dot.name}: {_figures(dot, signed, plain)}" for dot in dots[:12])
    return figure(width, height, title, described, drawn)


def _line(dot: Dot, y: float, across: Scale, plain: bool) -> Markup:
    bounds = (dot.low, dot.value, dot.high)
    hint = element("title", " – ".join(f"{one:.4g}" if plain else f"{one * 100:.1f}" for one in bounds))
    whisker = element("line", class_="whisker", x1=across(dot.low), x2=across(dot.high), y1=y, y2=y)
    return element(
        "g", [whisker, element("circle", hint, class_="dot", cx=across(dot.value), cy=y, r=5)], class_=dot.tone
    )


def _axis(across: Scale, height: float, named: str, wanted: int, signed: bool, plain: bool) -> Markup:
    bottom = height - FOOT
    drawn = []
    for value in across.ticks(wanted):
        at = across(value)
        drawn.append(element("line", class_="grid", x1=at, x2=at, y1=HEAD, y2=bottom))
        shown = value if plain else value * 100
        number = f"{shown:+.4g}" if signed and value else f"{shown:.4g}"
        drawn.append(text(number, class_="tick", x=at, y=bottom + 13, text_anchor="middle"))
    middle = (across.start + across.end) / 2
    return Markup("").join([*drawn, text(named, class_="axis", x=middle, y=height - 3, text_anchor="middle")])


def _figures(dot: Dot, signed: bool, plain: bool) -> str:
    if plain:
        return f"{dot.value:.4g} ({dot.low:.4g} to {dot.high:.4g})"
    if signed:
        return f"{dot.value * 100:+.1f} ({dot.low * 100:+.1f} to {dot.high * 100:+.1f})"
    return f"{percent(dot.value, 1)} ({percent(dot.low, 1)} to {percent(dot.high, 1)})"
