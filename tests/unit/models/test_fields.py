"""How a field's value is read, and the kind of its field."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import InputInvalid
from argosy.models.fields import category_of, fields_of, infer, number_of


@pytest.mark.parametrize("value", [12.5, "12.5", " 12.5 ", "1.25e1"])
def test_a_number_is_one_in_quotes_too(value):
    assert number_of(value, "age") == 12.5


@pytest.mark.parametrize("value", [None, "", "  ", "NA", "n/a", "NaN", math.nan, "null"])
def test_missing_numbers(value):
    assert math.isnan(number_of(value, "age"))


@pytest.mark.parametrize("value", ["ten", [1], {"a": 1}, "-nan"])
def test_an_invalid_number_is_refused_without_being_quoted(value):
    with pytest.raises(InputInvalid, match="the field 'age' must be a number, not a") as raised:
        number_of(value, "age")
    assert "ten" not in str(raised.value)


@pytest.mark.parametrize("value", [math.inf, "inf", "-Infinity", "1e999", 10**400, 1.7976931348623157e308, -1.1e100])
def test_a_number_that_is_too_large_is_refused_without_being_quoted(value):
    with pytest.raises(InputInvalid, match=r"^the field 'age' must be a number between -1e\+100 and 1e\+100$"):
        number_of(value, "age")
    assert number_of(1e100, "age") == 1e100


@pytest.mark.parametrize("value", [math.inf, "inf", 10**400, "1e999", 1e308])
def test_one_number_that_is_too_large_makes_no_other_kind_of_a_field(value):
    assert infer([*({"age": n} for n in range(40)), {"age": value}], 100) == {"age": "number"}


def test_a_whole_number_of_any_size_is_a_category():
    assert category_of(10**400, "code") == str(10**400)


@pytest.mark.parametrize(
    ("same", "name"),
    [
        ((1, 1.0, "1", "1.0", " 1 "), "1"),
        ((True, "true", "TRUE"), "true"),
        (("M\u00fcll", "Mu\u0308ll "), "M\u00fcll"),
        ((None, "", " ", math.nan), None),
    ],
)
def test_files_and_json_say_the_same_category(same, name):
    assert {category_of(value, "plan") for value in same} == {name}


def test_leading_zeros_are_part_of_a_category():
    assert category_of("007", "code") != category_of("7", "code")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_out_is_the_same_category(value):
    assert category_of(value, "x") == category_of(category_of(value, "x"), "x")


def test_inference():
    rows = [
        {
            "id": f"u{n}",
            "age": n,
            "price": f"{n / 2}",
            "plan": ["gold", "free"][n % 2],
            "active": n % 3 == 0,
            "note": f"bought {n} things",
            "tags": ["a"],
            "nothing": None,
        }
        for n in range(40)
    ]
    expected = {"active": "category", "age": "number", "note": "text", "plan": "category", "price": "number"}
    assert infer(rows, 100) == expected
    assert infer(rows, 1)["plan"] == "text"


def test_a_text_is_the_only_field_there_is():
    assert fields_of("hello", {"title": "text"}) == {"title": "hello"}
    with pytest.raises(InputInvalid, match="a dictionary of the fields title, age; the input is a text"):
        fields_of("hello", {"title": "text", "age": "number"})
    many = {f"{n}" * 100: n for n in range(1000)}
    with pytest.raises(InputInvalid, match="1,000 in all") as raised:
        fields_of(many, {"age": "number"})
    assert len(str(raised.value)) < 2000
    with pytest.raises(InputInvalid, match="the input has these fields: ages"):
        fields_of({"ages": 3}, {"title": "text", "age": "number"})
