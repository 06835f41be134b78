"""The sections on the rows: class balance, mistakes, labels in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from argosy.types import Part
from argosy.web.charts.bars import Line, bars
from argosy.web.contents import Case, Contents
from argosy.web.html import excerpt, folded, paragraph, plot, plural, section, table

PLOTTED = 40


def balance(contents: Contents) -> str:
    """How many rows each class has."""
    counts = contents.balance
    names = sorted({name for part in counts.values() for name in part})
    train = counts.get(Part.TRAIN, {})
    ordered = sorted(names, key=lambda name: (-train.get(name, 0), name))
    lines = [Line(name, [train.get(name, 0)], [f"{train.get(name, 0):,}"]) for name in ordered[:PLOTTED]]
    title = "Training rows of each class"
    which = f" The {PLOTTED} largest classes." if len(ordered) > PLOTTED else ""
    caption = f"Rows of the training part.{which}"
    drawn = plot(lambda width: bars(lines, width, title, ["training rows"], ["plain"]), caption)
    parts = [part for part in (Part.TRAIN, Part.VALIDATION, Part.TEST) if part in counts]
    rows = [(escape(name), *(f"{counts[part].get(name, 0):,}" for part in parts)) for name in ordered]
    listed = table(("Class", *(f">{part.value.capitalize()}" for part in parts)), rows, "Rows of each class by part")
    said = _balanced(train, are_lists="test_micro_f1" in contents.subject.figures)
    return section("balance", "What it learned from", paragraph(said), drawn, folded("All parts", listed))


def _balanced(counts: Mapping[str, int], are_lists: bool) -> str:
    if not counts:
        return "No row is left of the training part."
    (most, largest), (least, smallest) = (pick(counts.items(), key=lambda item: item[1]) for pick in (max, min))
    ratio = largest / max(smallest, 1)
    total = sum(counts.values())
    said = f"{total:,} labels on training rows, of" if are_lists else f"{plural(total, 'training row')} in"
    said += f" {len(counts):,} classes. "
    if ratio < 1.5:
        return said + "The classes are about as large as each other."
    few = " Its figures rest on few rows." if smallest < 30 else ""
    return said + f"The largest, {escape(most)}, has {ratio:.1f} times the rows of the smallest, {escape(least)}.{few}"


def mistakes(contents: Contents) -> str:
    """The wrong answers that the model was surest of."""
    title = "Most confident mistakes"
    if not contents.mistakes:
        said = contents.notes.get("mistakes", "No row of the test part was answered wrongly.")
        return section("mistakes", title, paragraph(said, "note"))
    said = (
        f"The model is wrong on {plural(contents.mistakes_total, 'row')} of the test part. These are the ones it was "
        "surest of: either it has something to learn here, or the label is wrong."
    )
    return section("mistakes", title, paragraph(said), _cases(contents.mistakes, contents, "Label", "Answered", title))


def doubts(contents: Contents) -> str:
    """Labels that somebody should look at again."""
    title = "Labels in doubt"
    if not contents.doubts:
        said = contents.notes.get("doubts", "No label looks wrong: each row's own class is believable.")
        return section("doubts", title, paragraph(said, "note"))
    said = (
        f"{plural(contents.doubts_total, 'label')} look wrong by confident learning: models that had not seen the row "
        "find another class believable and the given one less so. The worst come first."
    )
    pairs = ", ".join(
        f"{escape(given)} for {escape(likelier)} ({rows:,})" for given, likelier, rows in contents.doubted
    )
    said += f" Most often: {pairs}." if contents.doubts_total > 1 and pairs else ""
    if contents.doubts_total > len(contents.doubts):
        said += f" {len(contents.doubts)} are listed; <code>argosy report … --doubts FILE</code> writes them all."
    listed = _cases(contents.doubts, contents, "Label", "More likely", title)
    note = paragraph(contents.notes["doubts"], "note") if "doubts" in contents.notes else ""
    return section("doubts", title, paragraph(said), note, listed)


def _cases(cases: Sequence[Case], contents: Contents, given: str, found: str, caption: str) -> str:
    columns = ["Example", given, found, ">Confidence, %" if caption.startswith("Most") else ">Ahead by", "Part"]
    if contents.has_texts:
        columns.append("Text")
    is_share = caption.startswith("Most")
    rows = []
    for case in cases:
        sure = f"{case.confidence * 100:.1f}" if is_share else f"{case.confidence:.2f}"
        cells = [f"<code>{case.example_id}</code>", escape(case.label), escape(case.suggested), sure, case.part]
        if contents.has_texts:
            cells.append(excerpt(case.text or ""))
        rows.append(cells)
    hint = (
        ""
        if contents.has_texts
        else paragraph(
            "Texts stay encrypted: <code>argosy examples show ID</code> shows one, "
            "<code>argosy report … --texts</code> puts them here.",
            "note",
        )
    )
    return table(columns, rows, caption, "cases") + hint
