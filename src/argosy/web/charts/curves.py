"""A curve through points with intervals: calibration, and accuracy over training size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from argosy.web.charts.svg import Scale, element, figure, text

LEFT, RIGHT, TOP, FOOT = 44.0, 14.0, 10.0, 40.0


@dataclass(frozen=True)
class Mark:
    """A point, and what it means in words."""

    x: float
    value: float
    low: float
    high: float
    description: str


@dataclass(frozen=True)
class Axes:
    """Names and ranges; `whole` says that x is a number as it is, such as a count of rows, and no share."""

    x: str
    y: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    whole: bool = False
    plain: bool = False
    """Whether y is a number as it is, and no share."""


def curve(marks: Sequence[Mark], width: float, title: str, axes: Axes, diagonal: bool = False) -> Markup:
    """The points joined, with a band of their intervals; `diagonal` draws where x and y are equal."""
    height = min(width * 0.72, 340.0)
    across = Scale(*axes.x_range, LEFT, width - RIGHT)
    upwards = Scale(*axes.y_range, height - FOOT, TOP)
    drawn = [_grid(across, upwards, axes, width, height)]
    if diagonal:
        ends = [max(axes.x_range[0], axes.y_range[0]), min(axes.x_range[1], axes.y_range[1])]
        (x1, x2), (y1, y2) = map(across, ends), map(upwards, ends)
        drawn.append(element("line", class_="reference", x1=x1, y1=y1, x2=x2, y2=y2))
    highs = [f"{across(mark.x):.1f},{upwards(mark.high):.1f}" for mark in marks]
    lows = [f"{across(mark.x):.1f},{upwards(mark.low):.1f}" for mark in reversed(marks)]
    middle = [f"{across(mark.x):.1f},{upwards(mark.value):.1f}" for mark in marks]
    drawn.append(element("polygon", class_="band", points=" ".join(highs + lows)))
    drawn.append(element("polyline", class_="curve", points=" ".join(middle)))
    for mark in marks:
        x = across(mark.x)
        drawn.append(element("line", class_="whisker", x1=x, x2=x, y1=upwards(mark.low), y2=upwards(mark.high)))
        drawn.append(
            element("circle", element("title", mark.description), class_="dot", cx=x, cy=upwards(mark.value), r=4.5)
        )
    described = "; ".join(mark.description for mark in marks)
    return figure(width, height, title, described, [element("g", drawn, class_="accent")])


def _grid(across: Scale, upwards: Scale, axes: Axes, width: float, height: float) -> Markup:
    drawn = []
    for value in upwards.ticks(5):
        y = upwards(value)
        drawn.append(element("line", class_="grid", x1=LEFT, x2=width - RIGHT, y1=y, y2=y))
        written = f"{value:.3g}" if axes.plain else f"{value * 100:g}"
        drawn.append(text(written, class_="tick", x=LEFT - 7, y=y + 4, text_anchor="end"))
    for value in across.ticks(4 if width < 500 else 6):
        x = across(value)
        number = f"{value:,.0f}" if axes.whole else f"{value * 100:g}"
        drawn.append(text(number, class_="tick", x=x, y=height - FOOT + 16, text_anchor="middle"))
    middle = (LEFT + width - RIGHT) / 2
    drawn.append(text(axes.x, class_="axis", x=middle, y=height - 6, text_anchor="middle"))
    y = (TOP + height - FOOT) / 2
    drawn.append(text(axes.y, class_="axis", x=12, y=y, text_anchor="middle", transform=f"rotate(-90 12 {y:.1f})"))
    return Markup("").join(drawn)
