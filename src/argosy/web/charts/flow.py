"""Boxes in columns, and arrows from one to the next: a picture of how something came to be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from argosy.shortening import shortened
from argosy.web.charts.svg import element, text

LINE: Final = 17.0
PAD: Final = 10.0
GAP_X: Final = 64.0
GAP_Y: Final = 18.0
LETTER: Final = 6.9
"""The widest that a letter of the size below is on average."""
LONGEST: Final = 42
"""Letters of a line; what is longer is cut."""
STYLE: Final = """
svg { font: 12px system-ui, "DejaVu Sans", sans-serif; background: #fff; }
text { fill: #1c2733; } .head { font-weight: 600; } .kind { fill: #5b6b7b; font-size: 10.5px; }
rect { fill: #f4f7fa; stroke: #b9c6d2; } .strong rect { fill: #e6f0fb; stroke: #3f7fc1; stroke-width: 1.6; }
.warn rect { fill: #fdf1e7; stroke: #d9822b; } path { fill: none; stroke: #8495a5; stroke-width: 1.3; }
marker path { fill: #8495a5; stroke: none; }
@media (prefers-color-scheme: dark) {
  svg { background: #14191f; } text { fill: #e4ebf2; } .kind { fill: #93a4b4; }
  rect { fill: #1e2730; stroke: #44525f; } .strong rect { fill: #1b314a; stroke: #5b9fe3; }
  .warn rect { fill: #3a2a1b; stroke: #d9822b; } path { stroke: #7b8b9a; } marker path { fill: #7b8b9a; }
}
"""


@dataclass(frozen=True)
class Box:
    """`kind` stands small above the bold `title`; `tone` is '', 'strong' or 'warn'."""

    key: str
    column: int
    kind: str
    title: str
    lines: Sequence[str] = ()
    tone: str = ""

    @property
    def height(self) -> float:
        return 2 * PAD + LINE * (2 + len(self.lines)) - 4

    @property
    def width(self) -> float:
        longest = max(len(shortened(line, LONGEST)) for line in (self.title, self.kind, *self.lines))
        return 2 * PAD + LETTER * max(longest, 12)


@dataclass(frozen=True)
class _Placed:
    box: Box
    x: float
    y: float
    width: float


def flow_svg(boxes: Sequence[Box], arrows: Iterable[tuple[str, str]], title: str) -> Markup:
    """A whole SVG document; arrows go from the key of one box to that of another."""
    placed = {one.box.key: one for one in _placed(boxes)}
    width = max(one.x + one.width for one in placed.values()) + GAP_Y
    height = max(one.y + one.box.height for one in placed.values()) + GAP_Y
    drawn = [_arrow(placed[start], placed[end]) for start, end in arrows if start in placed and end in placed]
    tip = element("path", d="M0 0 8 4 0 8z")
    marker = element(
        "marker",
        [tip],
        id="tip",
        viewBox="0 0 8 8",
        refX=8.0,
        refY=4.0,
        markerWidth=6.0,
        markerHeight=6.0,
        orient="auto",
    )
    return element(
        "svg",
        [
            element("title", title),
            element("style", [Markup(STYLE)]),  # noqa: S704  # our own text
            element("defs", [marker]),
            *drawn,
            *(_drawn(one) for one in placed.values()),
        ],
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        aria_label=title,
    )


def _placed(boxes: Sequence[Box]) -> Iterator[_Placed]:
    """Each column as wide as its widest box needs, and centred on the highest."""
    columns: dict[int, list[Box]] = {}
    for box in boxes:
        columns.setdefault(box.column, []).append(box)
    heights = {column: sum(box.height + GAP_Y for box in mine) - GAP_Y for column, mine in columns.items()}
    x = GAP_Y
    for column in sorted(columns):
        width = max(box.width for box in columns[column])
        y = GAP_Y + (max(heights.values()) - heights[column]) / 2
        for box in columns[column]:
            yield _Placed(box, x, y, width)
            y += box.height + GAP_Y
        x += width + GAP_X


def _drawn(one: _Placed) -> Markup:
    box, x = one.box, one.x + PAD
    rows = [
        element("rect", x=one.x, y=one.y, width=one.width, height=box.height, rx=6.0),
        text(shortened(box.kind, LONGEST), x=x, y=one.y + PAD + 8, class_="kind"),
        text(shortened(box.title, LONGEST), x=x, y=one.y + PAD + 8 + LINE, class_="head"),
    ]
    rows += [
        text(shortened(line, LONGEST), x=x, y=one.y + PAD + 8 + LINE * (2 + at)) for at, line in enumerate(box.lines)
    ]
    full = [line for line in (box.title, *box.lines) if len(line) > LONGEST]
    hover = [element("title", "\n".join(full))] if full else []
    return element("g", [*hover, *rows], class_=box.tone or None)


def _arrow(start: _Placed, end: _Placed) -> Markup:
    """From the right edge of one to the left edge of the next; within a column from bottom to top."""
    if start.box.column == end.box.column:
        x, y1, y2 = start.x + start.width / 2, start.y + start.box.height, end.y
        return element("path", d=f"M{x:.1f} {y1:.1f} L{x:.1f} {y2:.1f}", marker_end="url(#tip)")
    x1, y1 = start.x + start.width, start.y + start.box.height / 2
    x2, y2 = end.x, end.y + end.box.height / 2
    middle = (x1 + x2) / 2
    curve = f"M{x1:.1f} {y1:.1f} C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    return element("path", d=curve, marker_end="url(#tip)")
