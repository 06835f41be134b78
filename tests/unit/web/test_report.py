"""The page is well-formed, self-contained and accessible, and states what is missing."""

import dataclasses
import re

import pytest
from pages import LABELS, Page, competitor, contents, subject

from argosy.web.report import SECTIONS, page


@pytest.fixture(scope="module")
def markup():
    return page(contents())


@pytest.fixture(scope="module")
def read(markup):
    return Page(markup)


def test_nothing_is_fetched(markup, read):
    assert not re.search(r"https?:|//[a-z]|@import|url\(", markup)
    assert {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "object", "embed"} == set()
    assert "default-src 'none'" in markup


def test_every_section_is_there_and_linked(read):
    assert set(SECTIONS) - {"numbers"} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)


def test_names_are_escaped(markup):
    assert "<other>" not in markup
    assert "<best>" not in markup
    assert "&lt;other&gt; &amp; more" in markup


def test_what_decisions_are_worth_is_a_table(read):
    [table] = [table for table in read.tables if table[0][0] == "The policy says"]
    assert table[0][1:] == ["bought if offer <it>, %", "bought if pass, %", "Uplift, %", "Decisions"]
    assert table[1] == ["pass", "25.0 (10.0–40.0)", "–", "–", "40"]


def test_plots_and_tables_are_named(read):
    images = [found for tag, found in read.tags if tag == "svg"]
    assert len(images) >= 12  # six plots, each for wide and for narrow screens
    assert all(found["role"] == "img" and len(found["aria-label"]) > 20 for found in images)
    assert sum(tag == "caption" for tag, _ in read.tags) == len(read.tables)
    assert all(found.get("scope") in {"row", "col"} for tag, found in read.tags if tag == "th")
    assert ("html", {"lang": "en"}) in read.tags


def test_there_is_a_table_behind_every_plot(read):
    heads = [table[0][0] for table in read.tables]
    assert heads.count("Class") == 3  # figures, balance, live mix
    assert {"Version", "True label", "Mean probability, %", "Training rows", "What"} <= set(heads)


def test_figures_are_those_given(read):
    [classes] = [table for table in read.tables if "Recall, %" in table[0]]
    assert [row[0] for row in classes[1:]] == [LABELS[2], LABELS[1], LABELS[0]]
    assert classes[2][1:] == ["54", "57", "94.4 (84.9–98.1)", "89.5 (78.9–95.1)", "91.9"]
    [board] = [table for table in read.tables if table[0][0] == "Version" and len(table) == 4]
    assert board[1][0].split() == ["shop@1", "champion"]
    assert "91.1 (85.0–95.0)" in board[1]


def test_what_plugins_logged_is_drawn_and_tabled(read, markup):
    [table] = [table for table in read.tables if table[0][0] == "Metric"]
    assert table[1:] == [
        ["loss <of all>", "250", "1", "0.004", "0.004", "1"],
        ["rows", "1", "720", "720", "720", "720"],
    ]
    assert "loss &lt;of all&gt; over the steps of training" in markup
    assert "rows over the steps of training" not in markup
    assert 'id="logged"' not in page(contents(logged={}))


def test_the_majority_baseline_is_stated_and_drawn(read):
    assert "Majority baseline, dashed: always answering “<other> & more” has a test accuracy of 45.0 %." in read.text
    board = dataclasses.replace(contents().boards[0], competitors=[competitor(1, subject().label, is_constant=True)])
    shown = Page(page(contents(boards=[board]))).text
    assert "Majority baseline: always" in shown  # no plot for a single point
    assert "constant" in shown


def test_texts_are_there_only_when_given(read):
    assert "Texts stay encrypted" in read.text
    given = contents()
    cases = [dataclasses.replace(given.mistakes[0], text="where is <my> parcel " * 40)]
    shown = page(contents(mistakes=cases, has_texts=True))
    assert "where is &lt;my&gt; parcel" in shown
    assert "Texts stay encrypted" not in shown
    Page(shown)


def test_missing_sections_are_reported():
    notes = {"calibration": "no probabilities", "curve": "not drawn", "drift": "nothing live"}
    empty = {"calibration": (), "curve": (), "mistakes": (), "doubts": (), "promotions": (), "live": None}
    read = Page(page(contents(**empty, notes=notes)))
    for said in (*notes.values(), "No row of the test part", "No label looks wrong", "No alias has ever"):
        assert said in read.text


def test_many_classes_have_room():
    count = 90
    labels = [f"a class with a rather long name, number {number}" for number in range(count)]
    matrix = [[9 if row == column else 0 for column in range(count)] for row in range(count)]
    read = Page(page(contents(confusion_labels=labels, confusion=matrix)))
    assert "No row of the test part was misclassified." in read.text


def light_and_dark(markup):
    """The colours of both schemes, by name."""
    blocks = re.findall(r":root \{([^}]*)\}", markup)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1])
def test_contrast_is_enough_to_read(markup, scheme):
    colours = light_and_dark(markup)[scheme]

    def contrast(one, other):
        high, low = sorted((luminance(colours[one]), luminance(colours[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for ink in ("ink", "soft", "accent", "good", "bad"):
        assert min(contrast(ink, "paper"), contrast(ink, "card")) >= 4.5, ink
    assert contrast("accent", "accent-soft") >= 4.5
    assert contrast("on-accent", "accent") >= 4.5
    for mark in ("muted", "miss", "quiet"):
        assert contrast(mark, "card") >= 2.2, mark
