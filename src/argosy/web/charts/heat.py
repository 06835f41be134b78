"""A confusion matrix as a heat map: each row shaded by its shares, hits in one colour and misses in another."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from argosy.shortening import distinct_short_forms
from argosy.web.charts.svg import element, figure, name_text, text

MOST_NUMBERED = 24
"""More classes than these have no room for numbers."""


def heat_map(labels: Sequence[str], matrix: Sequence[Sequence[int]], width: float, title: str) -> Markup:
    """Rows are true labels, columns predicted ones, both numbered; a last row more is of labels never learned."""
    names = [*labels, "(never learned)"][: len(matrix)]
    count, is_narrow = len(labels), width < 500
    is_numbered = count <= MOST_NUMBERED
    left = (118.0 if is_narrow else 190.0) if is_numbered else 12.0
    top = 40.0 if is_numbered else 20.0
    cell = min((width - left - 4) / count, 54.0)
    drawn = [text("predicted", class_="axis", x=left + cell * count / 2, y=12, text_anchor="middle")]
    if is_numbered:
        drawn += [
            text(place + 1, class_="tick", x=left + cell * (place + 0.5), y=top - 8, text_anchor="middle")
            for place in range(count)
        ]
    short = distinct_short_forms(names, 13 if is_narrow else 24)
    for row, counts in enumerate(matrix):
        y = top + cell * row
        if is_numbered:
            numbered = f"{short[names[row]]}  {row + 1}" if row < count else short[names[row]]
            drawn.append(name_text(numbered, left - 8, x=left - 8, y=y + cell / 2 + 4, text_anchor="end"))
        drawn += _cells(row, counts, names, labels, (left, y, cell), is_numbered and cell >= 22)
    edge = element("rect", class_="frame", x=left, y=top, width=cell * count, height=cell * len(matrix))
    hits = sum(counts[row] for row, counts in enumerate(matrix) if row < count)
    described = f"{hits} of {sum(map(sum, matrix))} rows on the diagonal, where the answer is the true label"
    return figure(left + cell * count + 4, top + cell * len(matrix) + 4, title, described, [*drawn, edge])


def _cells(
    row: int,
    counts: Sequence[int],
    names: Sequence[str],
    labels: Sequence[str],
    place: tuple[float, float, float],
    is_written: bool,
) -> list[Markup]:
    left, y, size = place
    total = max(sum(counts), 1)
    drawn = []
    for column, rows in enumerate(counts):
        if not rows:
            continue
        share, x = rows / total, left + size * column
        hint = element("title", f"{names[row]}, predicted {labels[column]}: {rows} ({share:.0%})")
        kind = "hit" if row == column else "miss"
        shade = 0.2 + 0.8 * share if is_written else 0.4 + 0.6 * share
        inset = min(0.6, size / 20)
        drawn.append(
            element(
                "rect",
                hint,
                class_=kind,
                x=x + inset,
                y=y + inset,
                width=size - 2 * inset,
                height=size - 2 * inset,
                fill_opacity=shade,
            )
        )
        if is_written:
            tone = "on-dark" if shade > 0.6 else "on-light"
            middle = {"x": x + size / 2, "y": y + size / 2 + 4}
            drawn.append(text(f"{rows:,}", class_=f"cell {tone}", text_anchor="middle", **middle))
    return drawn
