"""What each section draws: values to plots, each for a wide and for a narrow screen. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from argosy.definitions.metrics import OF_NUMBERS, figure_text, metric_name
from argosy.evaluation.drift_periods import Period
from argosy.evaluation.findings import NumberGroup, Point
from argosy.plurals import plural
from argosy.shortening import ELLIPSIS, distinct_short_forms
from argosy.statistics.calibration_bins import Bin
from argosy.statistics.class_figures import ClassFigures
from argosy.types import Part
from argosy.web import drift_lines
from argosy.web.charts.bars import Line, bars
from argosy.web.charts.curves import Axes, Mark, curve
from argosy.web.charts.dots import NAME, Dot, intervals
from argosy.web.charts.heat import MOST_NUMBERED, heat_map
from argosy.web.charts.svg import percent
from argosy.web.contents import Board, Competitor, ReportedMove

WIDE, NARROW = 940.0, 330.0
SHOWN = 20
"""Definitions of a leaderboard."""
PLOTTED_CLASSES = 40
PLOTTED_ANSWERS = 24
LONGEST_VERSION = 12
"""Characters of a version that leave room for its definition next to it."""
CURVE_WIDTH = 560.0
LOGGED_CURVES, LOGGED_POINTS = 6, 100
"""Metrics that are drawn, and points of each."""
TABLE_LABEL_CHARACTERS = 18
"""Labels longer than this leave no room for a table next to the heat map."""


class Plot(NamedTuple):
    """The same figure for both kinds of screen."""

    wide: Markup
    narrow: Markup


class DriftPlot(NamedTuple):
    """One kind of shift over time."""

    title: str
    plot: Plot


def leaderboard(board: Board, own_label: str) -> Plot | None:
    """Test figures of the first SHOWN; None of fewer than two."""
    names = _names(board.competitors[:SHOWN])
    dots = [
        Dot(names[one.label], found.value, found.low, found.high, _tone(one, own_label))
        for one in board.competitors[:SHOWN]
        if (found := one.figures.get(f"test_{board.metric}"))
    ]
    if len(dots) < 2:
        return None
    named, is_plain = metric_name(board.metric), board.metric in OF_NUMBERS
    title = f"Test {named} on the dataset {board.dataset[:12]}"
    axis = f"test {named}" + ("" if is_plain else ", %")
    return _both(lambda width: intervals(dots, width, title, axis, reference=board.baseline, plain=is_plain))


def numbers(groups: Sequence[NumberGroup]) -> Plot:
    """The mean label over the mean answer, a point a group."""
    ends = [one.answer for one in groups] + [bound for one in groups for bound in (one.label.low, one.label.high)]
    margin = (max(ends) - min(ends)) / 20 or abs(max(ends)) / 20 or 1.0
    span = (min(ends) - margin, max(ends) + margin)
    axes = Axes("mean answer", "mean label", span, span, whole=True, plain=True)
    marks = [
        Mark(
            one.answer,
            one.label.value,
            one.label.low,
            one.label.high,
            f"{plural(one.rows, 'row')} answered with {one.answer:.4g} on average: {one.label.value:.4g}",
        )
        for one in groups
    ]
    title = "Labels over answers on the test part"
    return _both(lambda width: curve(marks, width, title, axes, diagonal=True), CURVE_WIDTH)


def confusion(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> Plot:
    """The matrix as a heat map."""
    wide = min(620.0, 200.0 + 60.0 * len(labels))
    return _both(lambda width: heat_map(labels, matrix, width, "Confusion matrix on the test part"), wide)


def is_numbered(labels: Sequence[str]) -> bool:
    """Whether the heat map has room for numbers."""
    return len(labels) <= MOST_NUMBERED


def has_room_for_table(labels: Sequence[str]) -> bool:
    """Whether the heat map leaves room for a table next to it."""
    return is_numbered(labels) and max(map(len, labels)) <= TABLE_LABEL_CHARACTERS


def lowest_f1_first(classes: Sequence[ClassFigures]) -> list[ClassFigures]:
    """In the order of the section on classes."""
    return sorted(classes, key=lambda one: (one.f1 is None, one.f1 or 0.0, one.label))


def recall(ordered: Sequence[ClassFigures]) -> Plot | None:
    """Recall of the first PLOTTED_CLASSES; None where no class has rows."""
    dots = [
        Dot(one.label, one.recall.value, one.recall.low, one.recall.high, "plain")
        for one in ordered[:PLOTTED_CLASSES]
        if one.recall
    ]
    return (
        _both(lambda width: intervals(dots, width, "Recall of each class on the test part", "recall, %"))
        if dots
        else None
    )


def calibration(bins: Sequence[Bin]) -> Plot:
    """Accuracy over the probability of the answer."""
    low = min(min(one.probability for one in bins), min(one.right.low for one in bins))
    axes = Axes("predicted probability, %", "accuracy, %", (low, 1.0), (low, 1.0))
    marks = [
        Mark(
            one.probability,
            one.right.value,
            one.right.low,
            one.right.high,
            f"{plural(one.rows, 'row')} at {percent(one.probability)}: {percent(one.right.value)} accurate",
        )
        for one in bins
    ]
    return _both(lambda width: curve(marks, width, "Calibration on the test part", axes, diagonal=True), CURVE_WIDTH)


def learning_curve(points: Sequence[Point], are_numbers: bool = False) -> Plot:
    """Accuracy, or of numbers the mean absolute error, over the rows trained on."""
    bounds = [bound for one in points for bound in (one.accuracy.low, one.accuracy.high)]
    x_range, y_range = (0.0, float(points[-1].rows)), (min(bounds), max(bounds))
    name = "mean absolute error" if are_numbers else "accuracy"
    axes = Axes("training rows", f"test {name}{'' if are_numbers else ', %'}", x_range, y_range, True, are_numbers)
    marks = [
        Mark(
            float(one.rows),
            one.accuracy.value,
            one.accuracy.low,
            one.accuracy.high,
            f"{plural(one.rows, 'row')}: {figure_text(value) if are_numbers else percent(value, 1)}",
        )
        for one in points
        for value in (one.accuracy.value,)
    ]
    return _both(lambda width: curve(marks, width, f"Test {name} over training size", axes), CURVE_WIDTH)


def logged(metric: str, points: Sequence[tuple[int, float]]) -> Plot:
    """A metric over the steps of training; of more than LOGGED_POINTS points some are left out."""
    shown = [*points[:: -(-len(points) // LOGGED_POINTS)], points[-1]]
    values = [value for _, value in points]
    low, high = min(values), max(values)
    margin = (high - low) / 20 or abs(high) / 20 or 1.0
    x_range = (float(points[0][0]), float(max(points[-1][0], points[0][0] + 1)))
    axes = Axes("step", metric, x_range, (low - margin, high + margin), whole=True, plain=True)
    marks = [Mark(float(step), value, value, value, f"step {step:,}: {value:.4g}") for step, value in shown]
    return _both(lambda width: curve(marks, width, f"{metric} over the steps of training", axes), CURVE_WIDTH)


def largest_first(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Every class of {part: {class: rows}}, by its training rows."""
    train = counts.get(Part.TRAIN, {})
    return sorted({name for part in counts.values() for name in part}, key=lambda name: (-train.get(name, 0), name))


def number_columns(names: Sequence[str]) -> list[str]:
    """Heads of columns of numbers."""
    return [f">{name.capitalize()}" for name in names]


def balance(ordered: Sequence[str], train: Mapping[str, int]) -> Plot:
    """Training rows of the largest classes."""
    lines = [Line(name, [train.get(name, 0)], [f"{train.get(name, 0):,}"]) for name in ordered[:PLOTTED_CLASSES]]
    title = "Training rows of each class"
    return _both(lambda width: bars(lines, width, title, ["training rows"], ["plain"]))


def promotions(moves: Sequence[ReportedMove]) -> Plot | None:
    """The difference that each promotion rested on; None where none had evidence."""
    dots = [
        Dot(move.way, found["difference"], found["low"], found["high"], "good" if found["low"] > 0 else "bad")
        for move in moves
        if (found := move.evidence) and found.get("difference") is not None
    ]
    if not dots:
        return None
    are_numbers = any((move.evidence or {}).get("metric") == "mae" for move in moves)
    title = "Change in accuracy that each promotion rested on"
    axis = "points of accuracy"
    if are_numbers:
        title, axis = "By how much each promotion made the mean absolute error smaller", "mean absolute error"
    return _both(lambda width: intervals(dots, width, title, axis, reference=0.0, signed=True, plain=are_numbers))


def answer_mix(mix: Sequence[tuple[str, float, float]]) -> Plot:
    """Shares of the most frequent answers, on the test part and live."""
    lines = [Line(name, shares, [percent(share, 1) for share in shares]) for name, *shares in mix[:PLOTTED_ANSWERS]]
    title, series = "Answers on the test part and live", ["test part", "live"]
    return _both(lambda width: bars(lines, width, title, series, ["muted", "accent"]))


def drift_over_time(periods: Sequence[Period]) -> list[DriftPlot]:
    """The kinds that changed significantly in some period, else the mix of answers."""
    changed = [name for name in drift_lines.AXES if any(name in one.drift.shown() for one in periods)]
    return [DriftPlot(drift_lines.title_of(name), _shifts(name, periods)) for name in changed or ["answers"]]


def _shifts(name: str, periods: Sequence[Period]) -> Plot:
    dots = [
        Dot(
            drift_lines.period_start(one),
            found.value,
            found.low,
            found.high,
            "bad" if name in one.drift.shown() else "quiet",
        )
        for one in periods
        if (found := one.drift.shifts.get(name)) is not None
    ]
    title, axis, is_signed = f"{drift_lines.title_of(name)}, over time", drift_lines.AXES[name], name != "answers"
    reference = 0.0 if is_signed else None
    return _both(lambda width: intervals(dots, width, title, axis, reference=reference, signed=is_signed))


def _both(draw: Callable[[float], Markup], wide: float = WIDE) -> Plot:
    return Plot(draw(wide), draw(NARROW))


def _names(few: Sequence[Competitor]) -> dict[str, str]:
    """By label: the version, and as much of its adapter and model as distinguishes it."""
    pairs = {one.label: f"{one.adapter} {one.model}" for one in few}
    names = {one.label: _version(one.name) for one in few}
    room = NAME - max(map(len, names.values()), default=0) - 1
    short = distinct_short_forms(pairs.values(), room)
    return {label: f"{name} {short[pairs[label]]}" for label, name in names.items()}


def _version(name: str) -> str:
    """Of a model with a long name the number alone."""
    _, at, number = name.rpartition("@")
    return name if len(name) <= LONGEST_VERSION or not at else f"{ELLIPSIS}@{number}"


def _tone(one: Competitor, own_label: str) -> str:
    if one.label == own_label:
        return "accent"
    return "quiet" if one.tied else "muted"
