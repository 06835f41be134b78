"""The sections on how well: leaderboard, confusion, classes, calibration, learning curve."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from argosy.statistics.calibration_bins import Bin, calibration_error
from argosy.statistics.class_figures import confused
from argosy.statistics.intervals import Interval
from argosy.web.charts.curves import Axes, Mark, curve
from argosy.web.charts.dots import Dot, intervals
from argosy.web.charts.heat import MOST_NUMBERED, heat_map
from argosy.web.charts.svg import percent
from argosy.web.contents import Board, Competitor, Contents
from argosy.web.html import DASH, badge, figure_of, folded, paragraph, plot, plural, section, share, table

SHOWN = 20
PLOTTED_CLASSES = 40
BESIDE = 18
"""Labels longer than this leave no room for a table beside the heat map."""


def leaderboard(contents: Contents) -> str:
    """Every definition tried: those on the version's own dataset first, those on others behind a fold."""
    own = [board for board in contents.boards if _is_own(board, contents)]
    others = [board for board in contents.boards if not _is_own(board, contents)]
    said = "Ranked on the validation part, reported on the test part; lines are 95 % intervals."
    shown = [_board(board, contents) for board in own]
    if others:
        note = paragraph("Figures on different rows do not compare: each dataset is ranked by itself.", "note")
        heads = [f"<h3>Dataset {escape(board.dataset[:12])}</h3>{_board(board, contents)}" for board in others]
        count = sum(len(board.competitors) for board in others)
        inside = "".join([note, *heads])
        title = f"{plural(count, 'definition')} on {plural(len(others), 'other dataset')}"
        is_open = "" if own and len(own[0].competitors) > 1 else " open"
        shown.append(f"<details{is_open}><summary>{title}</summary>{inside}</details>")
    return section("leaderboard", "Leaderboard", paragraph(said), *shown) if shown else ""


def headline(few: Sequence[Competitor]) -> tuple[str, str]:
    """The figure that a board is ranked by, and its name."""
    are_sets = any("test_micro_f1" in one.figures for one in few)
    return ("micro_f1", "micro-F1") if are_sets else ("accuracy", "accuracy")


def _is_own(board: Board, contents: Contents) -> bool:
    return any(one.label == contents.subject.label for one in board.competitors)


def _board(board: Board, contents: Contents) -> str:
    few = board.competitors[:SHOWN]
    figure, named = headline(few)
    dots = [
        Dot(_named(one), found.value, found.low, found.high, _tone(one, contents))
        for one in few
        if (found := one.figures.get(f"test_{figure}"))
    ]
    title = f"Test {named} on the dataset {board.dataset[:12]}"
    more = len(board.competitors) - len(few)
    rest = paragraph(f"… and {plural(more, 'definition')} more: <code>argosy leaderboard</code>.") if more else ""
    listed = _table(few, f"Definitions on the dataset {board.dataset[:12]}")
    if len(dots) < 2:
        return listed + rest
    drawn = plot(lambda width: intervals(dots, width, title, f"test {named}, %"), _legend(board, contents))
    return drawn + rest + folded("All figures", listed)


def _named(one: Competitor) -> str:
    return f"{one.name} {one.adapter.split()[0]} {one.model}"


def _tone(one: Competitor, contents: Contents) -> str:
    if one.label == contents.subject.label:
        return "accent"
    return "quiet" if one.tied else "muted"


def _legend(board: Board, contents: Contents) -> str:
    own = "Blue: the version of this report. " if _is_own(board, contents) else ""
    tied = any(one.tied for one in board.competitors)
    return own + ("Dark: tied with the first, so that the difference may be chance." if tied else "")


def _table(few: Sequence[Competitor], caption: str) -> str:
    figure, _ = headline(few)
    exact = () if figure == "accuracy" else (">Exact sets, %",)
    columns = (
        "Version",
        ">Rank",
        "Adapter",
        "Model",
        ">Validation, %",
        ">Test, %",
        *exact,
        ">Macro-F1, %",
        ">Log loss",
    )
    rows = [
        (
            " ".join([escape(" ".join(one.versions) or one.label), *(badge(alias, "accent") for alias in one.aliases)]),
            f"{'≈ ' if one.tied else ''}{one.rank}",
            escape(one.adapter),
            escape(one.model),
            share(one.figures.get(f"validation_{figure}")),
            share(one.figures.get(f"test_{figure}")),
            *([share(one.figures.get("test_accuracy"))] if figure != "accuracy" else []),
            share(one.figures.get("test_macro_f1")),
            figure_of(one.figures.get("test_log_loss")),
            f"{one.fit_seconds:.2f}",
            f"{one.size_bytes / 1000:,.0f}",
            f"{one.predict_us:.0f}",
        )
        for one in few
    ]
    return table((*columns, ">Fit, s", ">Size, kB", ">One answer, µs"), rows, caption)


def confusion(contents: Contents) -> str:
    """The matrix as a heat map, and its mistakes as a table."""
    labels, matrix = contents.confusion_labels, contents.confusion
    if not labels:
        return ""
    title = "Confusion matrix on the test part"
    order = "numbered as the rows" if len(labels) <= MOST_NUMBERED else "in the same order, by name"
    caption = f"Rows: the true label. Columns: the answer, {order}. Shade: the share of the row."
    pairs = confused(labels, matrix)
    wide = min(620.0, 200.0 + 60.0 * len(labels))
    drawn = plot(lambda width: heat_map(labels, matrix, width, title), caption, wide)
    listed = table(
        ("True label", "Answered", ">Rows"),
        [(escape(true), escape(answer), f"{rows:,}") for true, answer, rows in pairs[:SHOWN]],
        "What is taken for what, the most frequent first",
        "pairs",
    )
    said = listed if pairs else paragraph("No row of the test part was answered wrongly.", "good-news")
    fits = len(labels) <= MOST_NUMBERED and max(map(len, labels)) <= BESIDE
    both = f"<div class='beside'>{drawn}{said}</div>" if fits else drawn + said
    return section("confusion", "What is taken for what", both)


def classes(contents: Contents) -> str:
    """Recall, precision and F1 of every class."""
    ordered = sorted(contents.classes, key=lambda one: (one.f1 is None, one.f1 or 0.0, one.label))
    dots = [
        Dot(one.label, one.recall.value, one.recall.low, one.recall.high, "plain")
        for one in ordered[:PLOTTED_CLASSES]
        if one.recall
    ]
    title = "Recall of each class on the test part"
    first = f"the {PLOTTED_CLASSES} with the lowest F1" if len(ordered) > PLOTTED_CLASSES else "the lowest F1 first"
    caption = f"Recall, with 95 % intervals (Wilson); {first}."
    drawn = plot(lambda width: intervals(dots, width, title, "recall, %"), caption) if dots else ""
    rows = [
        (
            escape(one.label),
            f"{one.rows:,}",
            f"{one.answers:,}",
            share(one.recall),
            share(one.precision),
            DASH if one.f1 is None else f"{one.f1 * 100:.1f}",
        )
        for one in ordered
    ]
    columns = ("Class", ">Rows", ">Answered", ">Recall, %", ">Precision, %", ">F1, %")
    listed = table(columns, rows, "Classes on the test part, the lowest F1 first")
    return section("classes", "Class by class", drawn, listed if len(rows) <= SHOWN else folded("All classes", listed))


def calibration(contents: Contents) -> str:
    """Whether 80 % sure means right four times in five."""
    title = "Is the model as sure as it is right?"
    if not contents.calibration:
        return section("calibration", title, paragraph(contents.notes.get("calibration", ""), "note"))
    bins = contents.calibration
    low = min(min(one.probability for one in bins), min(one.right.low for one in bins))
    axes = Axes("probability of the answer, %", "right, %", (low, 1.0), (low, 1.0))
    marks = [Mark(one.probability, one.right.value, one.right.low, one.right.high, _bin_said(one)) for one in bins]
    error = calibration_error(bins)
    said = (
        f"Over all rows of the test part, probabilities are {percent(error or 0.0, 1)} away from what comes true "
        f"(expected calibration error). {_leaning(bins)}"
    )
    drawn = plot(
        lambda width: curve(marks, min(width, 560.0), "Calibration on the test part", axes, diagonal=True),
        "Answers in groups of equal size, by probability; dashed: as sure as right.",
        560.0,
    )
    rows = [(f"{one.probability * 100:.1f}", share(one.right), f"{one.rows:,}") for one in bins]
    listed = table(("Mean probability, %", ">Right, %", ">Rows"), rows, "Calibration on the test part")
    return section("calibration", title, paragraph(said), drawn, folded("The figures", listed))


def learning_curve(contents: Contents) -> str:
    """What more examples would bring."""
    title = "Would more examples help?"
    if not contents.curve:
        return section("learning", title, paragraph(contents.notes.get("curve", ""), "note"))
    points = contents.curve
    values = [bound for one in points for bound in (one.accuracy.low, one.accuracy.high)]
    axes = Axes(
        "training rows", "test accuracy, %", (0.0, float(points[-1].rows)), (min(values), max(values)), whole=True
    )
    marks = [
        Mark(
            float(one.rows),
            one.accuracy.value,
            one.accuracy.low,
            one.accuracy.high,
            f"{one.rows:,} rows: {percent(one.accuracy.value, 1)}",
        )
        for one in points
    ]
    drawn = plot(
        lambda width: curve(marks, min(width, 560.0), "Test accuracy over training size", axes),
        "The same pair, trained on nested samples of the training part, with 95 % intervals.",
        560.0,
    )
    rows = [(f"{one.rows:,}", share(one.accuracy)) for one in points]
    listed = table(("Training rows", ">Test accuracy, %"), rows, "Test accuracy over training size")
    return (
        section(
            "learning",
            title,
            paragraph(_rising(points[-2].accuracy, points[-1].accuracy, points[-2].rows)),
            drawn,
            folded("The figures", listed),
        )
        if len(points) > 1
        else ""
    )


def _rising(before: Interval, last: Interval, rows: int) -> str:
    gain = (last.value - before.value) * 100
    if last.low > before.value:
        return f"Still rising: the rows after the first {rows:,} brought {gain:+.1f} points. More examples should help."
    return (
        f"The rows after the first {rows:,} brought {gain:+.1f} points, which may be chance: "
        "better labels or features may help more than more rows."
    )


def _leaning(bins: Sequence[Bin]) -> str:
    rows = sum(one.rows for one in bins)
    gap = sum(one.rows * (one.probability - one.right.value) for one in bins) / max(rows, 1)
    if abs(gap) < 0.01:
        return "On the whole it is neither too sure nor too modest."
    return "On the whole it is too sure of itself." if gap > 0 else "On the whole it is more often right than it says."


def _bin_said(one: Bin) -> str:
    return f"{one.rows} answers at {percent(one.probability)}: {percent(one.right.value)} right"
