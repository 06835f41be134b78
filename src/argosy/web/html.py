"""Markup that the sections share: tables, figures at two widths, cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from argosy.statistics.intervals import Interval

WIDE, NARROW = 940.0, 330.0
DASH = "–"
EXCERPT = 220
"""How much of a long text is shown unopened."""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], caption: str, class_: str = "") -> str:
    """Cells are markup. Columns whose name begins with `>` are numbers; the first names its row."""
    heads = "".join(f"<th scope='col'{_number(name)}>{escape(name.lstrip('>'))}</th>" for name in columns)
    body = "".join(f"<tr>{_cells(columns, row)}</tr>" for row in rows)
    kind = f" class='{class_}'" if class_ else ""
    return (
        f"<div class='scroll' tabindex='0' role='region' aria-label='{escape(caption, quote=True)}'><table{kind}>"
        f"<caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def plot(draw: Callable[[float], str], caption: str, wide: float = WIDE) -> str:
    """A figure drawn for wide and for narrow screens, of which the style sheet shows one."""
    shown = f"<div class='wide'>{draw(wide)}</div><div class='narrow'>{draw(NARROW)}</div>"
    return f"<figure>{shown}<figcaption>{escape(caption)}</figcaption></figure>"


def folded(summary: str, content: str) -> str:
    """What is there for those who open it, such as the table behind a plot."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def section(name: str, title: str, *content: str) -> str:
    head = f"<h2 id='{name}-title'>{title}</h2>"
    return f"<section id='{name}' aria-labelledby='{name}-title'>{head}{''.join(content)}</section>"


def paragraph(content: str, class_: str = "") -> str:
    kind = f" class='{class_}'" if class_ else ""
    return f"<p{kind}>{content}</p>"


def badge(name: str, tone: str = "") -> str:
    return f"<span class='badge {tone}'>{escape(name)}</span>"


def tile(name: str, value: str, below: str = "") -> str:
    """A figure that is to be seen first."""
    return f"<div class='tile'><dt>{escape(name)}</dt><dd>{value}<small>{below}</small></dd></div>"


def share(estimate: Interval | None, digits: int = 1) -> str:
    """`91.2 (89.7–92.6)`, in per cent, or a dash."""
    if estimate is None:
        return DASH
    low, high = (f"{bound * 100:.{digits}f}" for bound in (estimate.low, estimate.high))
    return f"{estimate.value * 100:.{digits}f} <span class='spread'>({low}–{high})</span>"


def figure_of(estimate: Interval | None, digits: int = 3) -> str:
    """The same for what is no share, such as log loss."""
    if estimate is None:
        return DASH
    low, high = (f"{bound:.{digits}f}" for bound in (estimate.low, estimate.high))
    return f"{estimate.value:.{digits}f} <span class='spread'>({low}–{high})</span>"


def excerpt(text: str) -> str:
    """A text; of a long one the beginning, which opens."""
    if len(text) <= EXCERPT:
        return f"<q>{escape(text)}</q>"
    return f"<details><summary>{escape(text[:EXCERPT].rstrip())}…</summary><q>{escape(text)}</q></details>"


def code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _number(name: str) -> str:
    return " class='number'" if name.startswith(">") else ""


def _cells(columns: Sequence[str], row: Sequence[str]) -> str:
    pairs = zip(columns, row, strict=True)
    return "".join(
        f"<th scope='row'>{cell}</th>" if place == 0 else f"<td{_number(name)}>{cell}</td>"
        for place, (name, cell) in enumerate(pairs)
    )
