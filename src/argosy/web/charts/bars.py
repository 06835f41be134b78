"""Horizontal bars, one or two a line: how many rows a class has, what was answered in the test and live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from argosy.shortening import distinct_short_forms
from argosy.web.charts.svg import Scale, element, figure, name_text, text

HEAD, FOOT = 4.0, 8.0


@dataclass(frozen=True)
class Line:
    """A name and a bar for each series; `ends` is what is written at the end of each bar."""

    name: str
    values: Sequence[float]
    ends: Sequence[str]


def bars(lines: Sequence[Line], width: float, title: str, series: Sequence[str], tones: Sequence[str]) -> Markup:
    """Bars from nothing to the largest value; `tones` are classes of the style sheet, one a series."""
    is_narrow = width < 500
    names, above = (0.0, 17.0) if is_narrow else (250.0, 0.0)
    thickness = 14.0 if len(series) == 1 else 9.0
    row = above + thickness * len(series) + 9
    height = HEAD + row * len(lines) + FOOT
    largest = max((value for line in lines for value in line.values), default=0.0) or 1.0
    across = Scale(0.0, largest, names + (0 if is_narrow else 6), width - 62)
    drawn = []
    short = distinct_short_forms((line.name for line in lines), 44 if is_narrow else 34)
    for place, line in enumerate(lines):
        y = HEAD + row * place + 4 + above
        if is_narrow:
            drawn.append(name_text(short[line.name], width, x=0, y=y - 4))
        else:
            middle = y + thickness * len(series) / 2 + 4
            drawn.append(name_text(short[line.name], names - 4, x=names - 4, y=middle, text_anchor="end"))
        for number, (value, end) in enumerate(zip(line.values, line.ends, strict=True)):
            drawn.append(_bar(value, end, across, y + thickness * number, thickness, tones[number]))
    described = "; ".join(f"{line.name}: {', '.join(line.ends)}" for line in lines[:12])
    return figure(width, height, title, f"{' and '.join(series)}. {described}", drawn)


def _bar(value: float, end: str, across: Scale, y: float, thickness: float, tone: str) -> Markup:
    length = max(across(value) - across.start, 1.0 if value else 0.0)
    hint = element("title", end)
    shape = element("rect", hint, class_="bar", x=across.start, y=y + 1, width=length, height=thickness - 2, rx=2.0)
    written = text(end, class_="tick", x=across.start + length + 5, y=y + thickness / 2 + 4)
    return element("g", [shape, written], class_=tone)
