"""Plots are well-formed, place values correctly, and describe what they show."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.shortening import shortened
from argosy.web.charts.bars import Line, bars
from argosy.web.charts.curves import Axes, Mark, curve
from argosy.web.charts.dots import Dot, intervals
from argosy.web.charts.heat import heat_map
from argosy.web.charts.svg import NAME_SIZE, Scale, element, text

SHARE = st.floats(0, 1)
NAME = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
BOLD = {"w": 0.924, "W": 1.103, "e": 0.678, "漢": 1.0, "@": 1.0, "…": 1.0, "a": 0.675, "b": 0.716}
REGULAR = {"w": 0.818, "W": 0.989, "e": 0.615, "漢": 1.0, "@": 1.0, "…": 1.0, "a": 0.613, "b": 0.635}
"""Widths of letters in DejaVu Sans and Noto Sans CJK, in units of their size."""
WIDTHS = pytest.mark.parametrize("width", [330.0, 940.0])


def parsed(markup):
    root = ElementTree.fromstring(markup)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"]
    assert root.find("title").text
    return root


def test_text_is_escaped():
    assert text("<b> & 'c'", x=1.0) == '<text x="1">&lt;b&gt; &amp; &#39;c&#39;</text>'
    assert element("g", class_='a"b', stroke_width=2, nothing=None) == '<g class="a&#34;b" stroke-width="2"></g>'


@settings(deadline=None, max_examples=100)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(1, 10))
def test_ticks_are_inside_and_evenly_spaced(low, span, wanted):
    scale = Scale(low, low + span, 0, 100)
    ticks = scale.ticks(wanted)
    assert len(ticks) <= wanted + 1
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    assert scale(low) == 0
    assert scale(low + span) == pytest.approx(100)


@WIDTHS
@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(NAME, SHARE, SHARE, SHARE), min_size=1, max_size=8))
def test_intervals_run_from_low_to_high(width, rows):
    dots = [Dot(name, *sorted(values)[1:2], *sorted(values)[::2]) for name, *values in rows]
    root = parsed(intervals(dots, width, "Accuracy", "%"))
    circles = [float(one.attrib["cx"]) for one in root.iter("circle")]
    lines = [one for one in root.iter("line") if one.attrib["class"] == "whisker"]
    assert len(circles) == len(lines) == len(dots)
    for circle, line in zip(circles, lines, strict=True):
        assert 0 <= float(line.attrib["x1"]) <= circle + 0.02 <= float(line.attrib["x2"]) + 0.04 <= width


@WIDTHS
@pytest.mark.parametrize("letter", ["w", "W", "e", "漢", "@"])
def test_no_name_is_wider_than_its_room(width, letter):
    dots = [Dot(letter * 60 + end, 0.5, 0.4, 0.6) for end in "ab"]
    rows = bars([Line(dot.name, [1.0], ["1"]) for dot in dots], width, "Rows", ["rows"], ["plain"])
    for chart, widths in ((intervals(dots, width, "Accuracy", "%"), BOLD), (rows, REGULAR)):
        names = [one for one in parsed(chart).iter("text") if one.attrib["class"] == "name"]
        assert len({one.text for one in names}) == 2
        for name in names:
            room = width if "text-anchor" not in name.attrib else float(name.attrib["x"])
            size = float(name.attrib.get("font-size", NAME_SIZE))
            assert sum(widths[one] for one in name.text) * size <= room + 1


def test_a_difference_has_a_line_at_none():
    root = parsed(intervals([Dot("1 → 2", 0.1, 0.05, 0.15, "good")], 940, "Change", "points", reference=0, signed=True))
    assert [one for one in root.iter("line") if one.attrib["class"] == "reference"]
    assert "+10.0 (+5.0 to +15.0)" in root.attrib["aria-label"]


@WIDTHS
@pytest.mark.parametrize("count", [2, 12, 80])
def test_a_heat_map_shades_hits_and_misses(width, count):
    matrix = [
        [5 if row == column else int(column == (row + 1) % count) for column in range(count)] for row in range(count)
    ]
    root = parsed(heat_map([f"class <{number}>" for number in range(count)], matrix, width, "Confusion"))
    kinds = [one.attrib["class"] for one in root.iter("rect")]
    assert (kinds.count("hit"), kinds.count("miss")) == (count, count)
    assert f"{5 * count} of {6 * count} rows on the diagonal" in root.attrib["aria-label"]
    assert float(root.attrib["width"]) <= width + 1


@WIDTHS
def test_bars_are_as_long_as_their_values(width):
    lines = [Line("a", [10, 5], ["10", "5"]), Line("b", [0, 2.5], ["0", "2.5"])]
    root = parsed(bars(lines, width, "Rows", ["test", "live"], ["muted", "accent"]))
    lengths = [float(one.attrib["width"]) for one in root.iter("rect")]
    assert lengths == pytest.approx([lengths[0], lengths[0] / 2, 0, lengths[0] / 4], abs=0.02)


@WIDTHS
def test_a_curve_rises_where_its_values_do(width):
    marks = [Mark(x, value, value - 0.1, value + 0.1, f"{x}") for x, value in ((10.0, 0.5), (100.0, 0.8))]
    axes = Axes("rows", "accuracy", (0.0, 100.0), (0.4, 0.9), whole=True)
    root = parsed(curve(marks, width, "Learning", axes))
    first, second = root.iter("circle")
    assert float(first.attrib["cx"]) < float(second.attrib["cx"])
    assert float(first.attrib["cy"]) > float(second.attrib["cy"])


def test_long_names_lose_their_end():
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abcde…"
