"""YAML and JSON files: what is read, and the reported place of a mistake."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.definitions.yaml_files import MOST_BYTES, parse_mapping, read_mapping
from argosy.errors import DefinitionInvalid

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
mappings = st.dictionaries(texts, values, max_size=4)


@given(mappings)
@settings(deadline=None, max_examples=100)
def test_json_is_read_as_it_was_written(mapping):
    assert parse_mapping(json.dumps(mapping), "x.json", is_json=True) == mapping


@given(mappings)
@settings(deadline=None, max_examples=100)
def test_yaml_is_read_as_it_was_written(mapping):
    quoted = yaml.safe_dump(mapping, allow_unicode=True, default_style='"')  # unquoted, it writes YAML 1.1
    assert parse_mapping(quoted, "x.yaml") == mapping


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-12", -12),
        ("0x1f", 31),
        ("007", 7),
        ("1:30", "1:30"),
        ("no", "no"),
        ("off", "off"),
        ("Yes", "Yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("2016-01-01", "2016-01-01"),
        ("2016-1-1 10:00:00", "2016-1-1 10:00:00"),
        ("'1'", "1"),
        (".nan", ".nan"),
        ("1_000", "1_000"),
        ("<<", "<<"),
        ("=", "="),
    ],
)
def test_scalars_follow_the_core_schema(text, value):
    found = parse_mapping(f"key: {text}", "x.yaml")["key"]
    assert found == value
    assert type(found) is type(value)


def test_anchors_are_followed():
    found = parse_mapping("one: &one {C: [1, 2]}\ntwo: *one\n", "x.yaml")
    assert found == {"one": {"C": [1, 2]}, "two": {"C": [1, 2]}}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: [1,\nb: 2", "x.yaml:3:1: did not find expected"),
        ("a: 1\n\tb: 2", "x.yaml:2:1: "),
        ("a: 1\na: 2\n", "x.yaml:2:1: the key 'a' is given twice"),
        ("a: {b: 1, 'b': 2}", "x.yaml:1:11: the key 'b' is given twice"),
        ("1: a", "x.yaml:1:1: a key is text; got '1': quote it"),
        ("? [a]\n: b", "x.yaml:1:3: a key is text"),
        ("a: !!python/object/apply:os.system [ls]", "x.yaml:1:"),
        ("a: !mine b", "x.yaml:1:4: the tag '!mine' is not taken here: write a plain value"),
        ("a: !!timestamp 2016-01-01", "x.yaml:1:4: the tag 'timestamp' is not taken here"),
        ("a: !!int x", "x.yaml:1:4: cannot be read as int: 'x'"),
        ("a: !!float x", "x.yaml:1:4: cannot be read as float: 'x'"),
        ("a: 1\n---\nb: 2", "x.yaml:2:1: "),
        ("- a", "x.yaml:1: expected a mapping"),
        ("just text", "x.yaml:1: expected a mapping"),
        ("a: &a [*a]", "x.yaml:1:4: is nested more than 64 deep, or refers to itself"),
        ("a: \x07", "x.yaml: "),
        ("a: " + "9" * 5000, "x.yaml:1:4: cannot be read as int: '999"),
    ],
)
def test_mistakes_in_yaml_are_reported_with_their_place(text, start):
    with pytest.raises(DefinitionInvalid) as caught:
        parse_mapping(text, "x.yaml")
    assert str(caught.value).startswith(start)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('{"a": 1,\n "b" 2}', "x.json:2:6: "),
        ('{"a": 1, "a": 2}', "x.json: the key 'a' is given twice"),
        ('{"a": NaN}', "x.json: NaN is not a JSON value"),
        ("[1]", "x.json:1: expected a mapping"),
        ('{"a":' * 100_000, "x.json: is nested more than 64 deep"),
    ],
)
def test_mistakes_in_json_are_reported_with_their_place(text, start):
    with pytest.raises(DefinitionInvalid) as caught:
        parse_mapping(text, "x.json", is_json=True)
    assert str(caught.value).startswith(start)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefgh")
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BOMB, "its aliases add more than 100,000 values and characters"),
        (f"a: &a {'x' * 1000}\nb: [{', '.join(['*a'] * 200)}]", "its aliases add more than 100,000"),
        ("a: " + "[" * 100 + "]" * 100, "is nested more than 64 deep"),
        ("a:\n  " + "- " * 100 + "x", "is nested more than 64 deep"),
        (f"a: {'x' * MOST_BYTES}", "is longer than 1,048,576 bytes"),
    ],
)
def test_a_small_file_never_becomes_large(tmp_path, text, problem):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(DefinitionInvalid, match=problem) as caught:
        read_mapping(tmp_path / "a.yaml")
    assert str(caught.value).startswith(str(tmp_path / "a.yaml"))
    with pytest.raises(DefinitionInvalid, match=problem):
        parse_mapping(text, "--input")


def test_a_large_json_file_is_refused_and_a_repeated_key_found_at_once():
    keys = ",".join(f'"{number}": 1' for number in range(50_000))
    assert len(parse_mapping(f"{{{keys}}}", "x.json", is_json=True)) == 50_000
    with pytest.raises(DefinitionInvalid, match="the key '49999' is given twice"):
        parse_mapping(f'{{{keys}, "49999": 2}}', "x.json", is_json=True)
    with pytest.raises(DefinitionInvalid, match="is longer than"):
        parse_mapping(f'{{"a": [{"1, " * MOST_BYTES}1]}}', "x.json", is_json=True)


def test_aliases_are_read():
    assert parse_mapping("a: &few [1, 2]\nb: *few\nc: {d: *few}", "x.yaml") == {
        "a": [1, 2],
        "b": [1, 2],
        "c": {"d": [1, 2]},
    }


@pytest.mark.parametrize("name", ["empty.yaml", "empty.json"])
def test_an_empty_file_is_an_empty_mapping(tmp_path, name):
    (tmp_path / name).write_text("\n")
    assert read_mapping(tmp_path / name) == {}


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read_mapping(tmp_path / "a.yaml") == {"a": 1, "b": 2}


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("a: é".encode("latin-1"))
    for name, problem in (("none.yaml", "there is no such file"), ("latin.yaml", "is not UTF-8 text (byte 3)")):
        with pytest.raises(DefinitionInvalid) as caught:
            read_mapping(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {problem}"
    with pytest.raises(DefinitionInvalid, match="cannot be read"):
        read_mapping(tmp_path)


@pytest.mark.parametrize(
    ("text", "is_json", "where"),
    [
        ('a: 1\nb: ["x", "y\\0z"]\n', False, "^x:2:10: "),
        ('"a\\x00": 1\n', False, "^x:1:1: "),
        ('{"a": [{"b": "y\\u0000z"}]}', True, "^x: "),
        ('{"a": {"y\\u0000z": 1}}', True, "^x: "),
    ],
)
def test_a_nul_is_refused(text, is_json, where):
    with pytest.raises(DefinitionInvalid, match=f"{where}has a NUL character"):
        parse_mapping(text, "x", is_json=is_json)


@pytest.mark.parametrize("text", ['{"a": [{"b": "y\\ud800z"}]}', '{"a": {"\\udfff": 1}}'])
def test_half_of_a_character_is_refused(text):
    with pytest.raises(DefinitionInvalid, match=r"^x: has half of a character"):
        parse_mapping(text, "x", is_json=True)


def test_a_whole_character_written_as_two_escapes_is_taken():
    assert parse_mapping('{"a": "\\ud83d\\ude00"}', "x", is_json=True) == {"a": "😀"}
