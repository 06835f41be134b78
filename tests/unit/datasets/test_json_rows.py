"""Invalid JSON of other programs: NaN, infinities, a key twice."""

import json
import math

import pytest

from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import read_file
from argosy.datasets.json_lines import read_json_array, read_json_lines
from argosy.errors import ExamplesInvalid
from argosy.repeated_keys import UNKNOWN, check_keys, keys_in

CONSTANTS = ("NaN", "Infinity", "-Infinity")


def read(tmp_path, text, name="rows.jsonl", **options):
    path = tmp_path / name
    path.write_text(text)
    return [(row.input, row.label, row.subject) for row in read_file(path, FileOptions(**options))]


def as_array(line):
    return f'[{line}, {{"text": "other", "label": "y"}}]'


@pytest.mark.parametrize("constant", CONSTANTS)
def test_no_number_in_a_column_that_is_not_read_does_not_matter(tmp_path, constant):
    line = f'{{"text": "is it NaN, \\"Infinity\\"?", "score": {constant}, "more": [{constant}, 1], "label": "x"}}'
    expected = ('is it NaN, "Infinity"?', "x", None)
    assert read(tmp_path, line) == [expected]
    assert read(tmp_path, as_array(line), "rows.json") == [expected, ("other", "y", None)]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('{"text": "t", "label": @}', "there is no label"),
        ('{"text": "t", "label": ["x", @]}', "there is no label"),
        ('{"text": @, "label": "x"}', "there is no 'text'|an input is a text"),
        ('{"text": {"pages": @, "more": 1}, "label": "x"}', "the field 'pages' holds NaN or an infinite number"),
        ('{"text": {"more": {"pages": [1, @]}}, "label": "x"}', "the field 'more' holds NaN or an infinite number"),
    ],
)
def test_in_a_column_that_is_read_the_row_is_bad(tmp_path, name, constant, row, problem):
    line = row.replace("@", constant)
    with pytest.raises(ExamplesInvalid, match=rf"1 bad row.*(line|row) 1: ({problem})"):
        read(tmp_path, line if name == "rows.jsonl" else as_array(line), name)


def test_nan_is_not_a_name_a_time_or_a_split(tmp_path):
    line = '{"text": "t", "label": "x", "subject": NaN, "seen_at": NaN, "split": NaN, "source": NaN}'
    assert read(tmp_path, line) == [("t", "x", None)]


def test_a_written_subject_keeps_its_digits_next_to_nan(tmp_path):
    assert read(tmp_path, '{"text": "t", "label": "x", "subject": 17.50, "score": NaN}') == [("t", "x", "17.50")]


@pytest.mark.parametrize("line", ['{"a": NaN', '{"a": -NaN}', '{"a": NaNs}', '{"a": nan}', "{NaN: 1}", '{"a": NaN} {}'])
def test_what_is_malformed_otherwise_stays_malformed(line):
    ((number, problem),) = read_json_lines([line.encode()], 1000, ())
    assert (number, problem.startswith("it is no JSON object (")) == (1, True)


def test_fields_of_a_row_may_not_be_infinite(tmp_path):
    columns = Columns(fields=("a", "b"))
    with pytest.raises(ExamplesInvalid, match="line 2: the field 'b' holds"):
        read(tmp_path, '{"a": 1, "b": 2, "label": "x"}\n{"a": 1, "b": NaN, "label": "x"}', columns=columns)


TWICE = [
    ('{"text": "a", "label": "x", "label": "y"}', "label"),
    ('{"text": "at 12:30", "more": {"a": 1, "b": [{"c": 1, "c": 2}]}, "label": "x"}', "c"),
    ('{"text" : "a", "label"\t:"x", "text" :"b"}', "text"),
    ('{"text": "a", "label": "x", "l\\u0061bel": "y"}', "label"),
    ('{"text": "a", "n": NaN, "n": 1, "label": "x"}', "n"),
]


@pytest.mark.parametrize(("line", "key"), TWICE)
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_a_key_twice_is_a_bad_row(tmp_path, line, key, name):
    with pytest.raises(ExamplesInvalid, match=rf"1 bad row.*(line|row) 1: the key '{key}' is given twice"):
        read(tmp_path, line if name == "rows.jsonl" else as_array(line), name)


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "a", "label": "x"}',
        '{"text": "\\"label\\": 1, \\"label\\": 2", "label": "x"}',
        '{"text": "12:30: see https://example.org", "a": {"id": 1}, "b": {"id": 2}, "label": "x"}',
        '{"text": "t", "label": "x", "rows": [{"id": 1}, {"id": 2}], "wide": {"label": ":", "text": "\\":"}}',
    ],
)
def test_the_same_key_in_two_objects_or_in_a_text_is_none(tmp_path, line):
    assert read(tmp_path, line) == [(json.loads(line)["text"], "x", None)]


def test_items_of_an_array_are_found_among_their_like():
    content = b'[ {"a":1} ,{"a":1},\n{"a":NaN},{"a":"x"},{"a":Infinity}]'
    rows = [row["a"] for _, row in read_json_array(content, (), "x.json")]
    assert (rows[:2], math.isnan(rows[2]), rows[3:]) == ([1, 1], True, ["x", math.inf])


@pytest.mark.parametrize("keys", [UNKNOWN, 2])
def test_a_number_of_any_length_does_not_matter(keys):
    text = b'{"a": ' + b"9" * 5000 + b', "b": {}}'
    check_keys(text, keys)


def test_keys_are_counted_at_every_depth():
    assert keys_in({"a": [{"b": 1}, [{"c": {"d": 1}}]], "e": ()}) == 5
    assert keys_in("text") == 0


def test_keys_are_counted_however_deep():
    nested = {"a": 1}
    for _ in range(5000):
        nested = {"a": [nested]}
    assert keys_in(nested) == 5001
