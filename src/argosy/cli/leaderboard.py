"""The leaderboard as tables, one per dataset, within the width of the terminal."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from argosy.cli.output import WIDTH, print_line, print_table
from argosy.definitions.metrics import OF_NUMBERS, figure_text, metric_name
from argosy.shortening import NUMBERED, distinct_short_forms
from argosy.typed_values import abridged_list

if TYPE_CHECKING:
    from argosy.app.project import Project

Row = dict[str, Any]
Column = tuple[str, Callable[[Row], str]]

_DROPPED = (">R²", ">RMSE", ">log loss", ">accuracy", ">exact", ">macro-F1", ">kB", ">µs", ">fit s")
"""Columns in the order in which they are left out of a table that is too wide."""
_INNER = re.compile(r"([(+] ?\w+) [^()+]*?(?= \+|\))")
"""Options of plug-ins inside another's, as of `union of=(tfidf ngrams=[1, 2] + …)`: names are shorter."""


def print_leaderboard(project: Project, plan: str, top: int | None = None) -> None:
    """Print a table per dataset, the best first; tied definitions are marked, and the cheapest of them."""
    rows, others = project.ranked(plan), project.unranked(plan)
    if others:
        print_line(f"Not ranked, because they answer tensors and have no labels: {abridged_list(others)}")
    if not rows:
        if others:
            return
        print_line(f"Nothing is trained yet: argosy train {plan or 'plan.yaml'}")
        return
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    for _, group in groupby(rows, lambda row: (row["dataset"], row["evaluate"], row["share"], row["ranked_by"])):
        _print_dataset(list(group), plan, top, width)
    if any(row.get("replaced") for row in rows):
        print_line("† of an earlier form of the plan.")
    if any(row["tied"] for row in rows):
        print_line("≈ tied with the first: on the same rows, the difference may be chance.")
    if any(row["proposed"] and row["rank"] > 1 for row in rows):
        print_line("→ proposed, the cheapest of those (fit s × kB × µs): argosy models promote MODEL@proposed")
    if not any("champion" in row["aliases"] for row in rows) and (hint := promotion_hint(rows)):
        print_line(hint)


def promotion_hint(rows: Sequence[Row]) -> str:
    """What to do without a champion: promote the first model's best version, else the proposed one, else none. Pure."""
    best: dict[str, Row] = {}
    proposed: list[str] = []
    for row in rows:
        for version in row["versions"]:
            model = version.partition("@")[0]
            best.setdefault(model, row)
            proposed += [model] if row["proposed"] else []
    useful = [model for model, row in sorted(best.items()) if not row["learned_nothing"]]
    why = next((row["learned_nothing"] for row in best.values()), "")
    if useful:
        return f"No version is champion yet: argosy models promote {useful[0]}@best"
    if proposed:
        return f"No version is champion yet, and the best {why}: argosy models promote {min(proposed)}@proposed"
    return f"No version is champion yet, and none should be: the best {why}." if best else ""


def _print_dataset(rows: list[Row], plan: str, top: int | None, width: int) -> None:
    shown = rows[:top]
    by = f" by {rows[0]['evaluate']}" if rows[0]["evaluate"] else ""
    share = f", {rows[0]['share']:.0%} of its training part" if rows[0]["share"] < 1 else ""
    figure = metric_name(rows[0]["ranked_by"])
    title = f"Dataset {rows[0]['dataset']}{share}, ranked on validation{by}: {figure} with 95 % intervals"
    columns, cells = fitted(shown, width)
    print_table(columns, cells, title)
    if any(NUMBERED in cell for row in cells for cell in row):
        print_line(f"{NUMBERED} numbers entries that differ but are too long: use a wider terminal, or --format csv")
    _print_baseline(rows)
    if len(rows) > len(shown):
        print_line(f"… and {len(rows) - len(shown)} more: argosy leaderboard {plan}\n")


def _marks(row: Row) -> str:
    """Tied, proposed, of an earlier form of the plan, one answer for all rows."""
    marks = {"≈": row["tied"], "→": row["proposed"], "†": row.get("replaced"), "‡": row["is_constant"]}
    return "".join(mark for mark, is_set in marks.items() if is_set)


def _print_baseline(rows: Sequence[Row]) -> None:
    """Print the majority baseline, and how many definitions are no better."""
    first, constant = rows[0], sum(row["is_constant"] for row in rows)
    if first["baseline_label"] is not None:
        figures = [
            f"{figure_text(value)} on {part}"
            for part in ("validation", "test")
            if (value := first[f"{part}_baseline"]) is not None
        ]
        is_number = first["ranked_by"] in OF_NUMBERS
        there = "mae" if is_number else "micro_f1" if first.get("test_micro_f1") is not None else "accuracy"
        name, metric = "Mean" if is_number else "Majority", metric_name(there)
        print_line(f"{name} baseline (always '{first['baseline_label']}'): {metric} {', '.join(figures)}")
    if constant == len(rows):
        print_line("Every definition gives one answer to all rows: it has learned nothing from this dataset.")
    elif constant:
        print_line("‡ gives one answer to all rows of the test part, and is not proposed.")


def fitted(rows: Sequence[Row], width: int) -> tuple[list[str], list[list[str]]]:
    """Names and cells of as many columns as fit into the width; names and options are shortened as a last resort."""
    columns = _columns(rows)
    for name in (None, *_DROPPED):
        columns = [one for one in columns if one[0] != name]
        names, cells = _written(columns, rows)
        if _width(names, cells) <= width:
            return names, cells
    for spread_of, shortest in (("validation", 1000), ("validation", 14), ("", 7)):
        names, cells = _written(_columns(rows, _DROPPED, spread_of), rows)
        places = [names.index(name) for name in ("adapter", "model", "version")]
        for place in places[:2]:
            _leave_inner_out(cells, place)
        _shorten(cells, places, _width(names, cells) - width, shortest)
        is_distinct = not any(NUMBERED in row[place] for row in cells for place in places)
        if is_distinct and _width(names, cells) <= width:
            break
    return names, cells


def _written(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    return [name for name, _ in columns], [[cell(row) for _, cell in columns] for row in rows]


def _leave_inner_out(cells: Sequence[list[str]], place: int) -> None:
    """Leave the options of nested plug-ins out of a column, unless different texts would become equal."""
    short = {row[place]: _INNER.sub(r"\1", row[place]) for row in cells}
    if len(set(short.values())) == len(short):
        for row in cells:
            row[place] = short[row[place]]


def _shorten(cells: Sequence[list[str]], places: Sequence[int], excess: int, shortest: int) -> None:
    """Remove that many characters from these columns, the widest first, none becoming shorter than its minimum."""
    limits = {place: max((len(row[place]) for row in cells), default=0) for place in places}
    for _ in range(excess):
        widest = max(limits, key=lambda place: limits[place])
        limits[widest] = max(limits[widest] - 1, min(limits[widest], shortest))
    for place, limit in limits.items():
        short = distinct_short_forms((row[place] for row in cells), limit)
        for row in cells:
            row[place] = short[row[place]]


def _width(names: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    widths = [max(len(name.lstrip(">")), *(len(row[place]) for row in cells), 0) for place, name in enumerate(names)]
    return 2 + sum(widths) + 3 * (len(widths) - 1)


def _others(rows: Sequence[Row]) -> dict[str, str]:
    """The test part's other figures by column: for label sets, the accuracy is that of exact sets."""
    if rows and rows[0]["ranked_by"] in OF_NUMBERS:
        return {f">{metric_name(one)}": f"test_{one}" for one in OF_NUMBERS if one != rows[0]["ranked_by"]}
    are_sets = any(row.get("test_micro_f1") is not None for row in rows)
    ranked_by = rows[0]["ranked_by"] if rows else "accuracy"
    named = {"accuracy": ">exact" if are_sets else ">accuracy", "macro_f1": ">macro-F1", "log_loss": ">log loss"}
    return {column: f"test_{name}" for name, column in named.items() if name != ranked_by}


def _columns(rows: Sequence[Row], but: Sequence[str] = (), spread_of: str = "validation test") -> list[Column]:
    def figure(row: Row, name: str) -> str:
        return "–" if row[name] is None else figure_text(row[name])

    def spread(row: Row, part: str) -> str:
        name = f"{part}_{row['ranked_by']}"
        bounds = f" ({figure(row, name + '_low')}–{figure(row, name + '_high')})" if part in spread_of.split() else ""
        return figure(row, name) + bounds

    columns: list[Column] = [
        ("", _marks),
        (">#", lambda row: str(row["rank"])),
        ("version", lambda row: " ".join([*row["versions"], *row["aliases"], *(["(marked)"] if row["mark"] else [])])),
        ("adapter", lambda row: row["adapter"]),
        ("model", lambda row: row["model"]),
        (">validation", lambda row: spread(row, "validation")),
        (">test", lambda row: spread(row, "test")),
        *((column, partial(figure, name=name)) for column, name in _others(rows).items()),
        (">fit s", lambda row: f"{row['fit_seconds']:.2f}"),
        (">kB", lambda row: f"{row['size_bytes'] / 1000:,.0f}"),
        (">µs", lambda row: f"{row['predict_us']:.0f}"),
    ]
    return [column for column in columns if column[0] not in but]
