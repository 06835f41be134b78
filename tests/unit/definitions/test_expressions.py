"""Expressions: what they come to, what their types must be, and what is no expression."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.definitions.expressions import Expression
from argosy.errors import DefinitionInvalid

ROW = {"price": 12.5, "bought": 3, "kind": "view", "title": None, "is_new": True}
TYPES = {"price": "number", "bought": "number", "kind": "text", "title": "text", "is_new": "boolean"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.8*price + 0.2*bought", 10.6),
        ("price - 2 - 3", 7.5),
        ("price / 5 / 2", 1.25),
        ("-bought * -2", 6),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("1e2 + .5 + 1.", 101.5),
        ("kind = 'view'", True),
        ("kind == 'it''s'", False),
        ("kind <> 'view' or bought >= 3", True),
        ("not kind = 'view' and is_new", False),
        ("kind in ('buy', 'view')", True),
        ("bought in (1, 2)", False),
        ("NOT is_new OR TRUE", True),
        ("title = 'x'", None),
        ("title = 'x' or is_new", True),
        ("title = 'x' and not is_new", False),
        ("title in ('a', null)", None),
        ("kind in ('a', null)", None),
        ("is_null(title)", True),
        ("coalesce(title, 'none')", "none"),
        ("length(title)", None),
        ("if(bought > 2, price, 0)", 12.5),
        ("if(title = 'x', 1, 2)", 2),
        ("min(price, bought, 7)", 3),
        ("max(price, bought)", 12.5),
        ("round(sqrt(abs(-16)) + floor(1.9) + ceil(0.1))", 6),
        ("lower('ÄB')", "äb"),
        ("exp(0) + log(1)", 1),
        ("null", None),
    ],
)
def test_an_expression_comes_to(text, value):
    expression = Expression(text)
    expression.type_among(TYPES)
    found = expression.compiled()(ROW)
    assert found == value
    assert type(found) is type(value) or isinstance(found, float)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ends too early"),
        ("price +", "ends too early"),
        ("price price", "has 'price' at character 7"),
        ("(price", r"ends too early, where '\)' was expected"),
        ("price = 1 = 1", "has '=' at character 11"),
        ("price $ 2", r"cannot be read from '\$ 2' on"),
        ("'open", "cannot be read from"),
        ("pow(price, 2)", "calls 'pow', which is no function"),
        ("roun(price)", "did you mean 'round'"),
        ("__import__('os')", "calls '__import__', which is no function"),
        ("negative(1)", "calls 'negative', which is no function"),
        ("price ** 2", r"has '\*' at character 8"),
        ("price[0]", "cannot be read"),
        ("bought in ()", "takes 2 to 100 and not 1"),
        ("pric + 1", "nothing is called 'pric' .did you mean 'price'.*there are: price, bought"),
        ("kind + 1", r"'\+' takes a number and not a text"),
        ("kind = 1", "both must be of one type"),
        ("price and is_new", "'and' takes a boolean and not a number"),
        ("if(price, 1, 2)", r"if\(\) takes a boolean"),
        ("if(is_new, 1, 'a')", "both must be of one type"),
        ("if(is_new, 1)", "takes 3 and not 2"),
        ("min(1)", "takes 2 to 100 and not 1"),
        ("not price", "'not' takes a boolean"),
        ("(" * 60 + "1" + ")" * 60, "nested more than 50 deep"),
        ("-" * 60 + "1", "nested more than 50 deep"),
        ("not " * 60 + "is_new", "nested more than 50 deep"),
        ("1" + "+1" * 1000, "2000 characters at most"),
        ("1" + "+1" * 999, "more than 200 operators in a row"),
        (" or ".join(["a"] * 201), "more than 200 operators in a row"),
        ("1e400", "has a number that is too large"),
        ("9" * 400, "has a number that is too large"),
        ("price\n\x1b[2J +", r"cannot be read from '\\x1b\[2J"),
        ("x" * 500, "^decide.*nothing is called 'x+…"),
    ],
)
def test_what_is_wrong_is_said(text, problem):
    with pytest.raises(DefinitionInvalid, match=problem):
        Expression(text, "decide[0].mix").type_among(TYPES)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("price / (bought - 3)", "division by zero"),
        ("log(0)", "logarithm"),
        ("sqrt(0 - 1)", "square root"),
        ("exp(1000)", "too large"),
        ("1e308 * 10", "too large"),
        ("1e308 / 0.1", "too large"),
        ("kind + 1", "a text stands where a number"),
        ("kind < 1", "a text stands where a number"),
        ("kind * 3", "a text stands where a number"),
        ("kind * 1000000000000", "a text stands where a number"),
        ("kind and is_new", "neither true nor false"),
        ("title = 'x' or bought", "neither true nor false"),
        ("not kind", "neither true nor false"),
        ("if(bought, 1, 2)", "neither true nor false"),
    ],
)
def test_what_cannot_be_computed_is_no_number(text, problem):
    with pytest.raises(ValueError, match=problem):
        Expression(text).compiled()(ROW)


def test_a_row_of_operators_may_be_long_enough():
    expression = Expression("price" + " + price" * 199)
    expression.check_number(TYPES)
    assert expression.compiled()(ROW) == 2500


def test_a_list_of_an_event_is_not_repeated():
    with pytest.raises(ValueError, match="a text stands where a number"):
        Expression("items * 1000000000").compiled()({"items": [1]})


def test_names_are_those_that_it_looks_at():
    assert Expression("a.b + c * min(a.b, d)").names == ("a.b", "c", "d")


NUMBERS = st.one_of(st.none(), st.integers(-9, 9))
LEAVES = st.sampled_from(["a", "b", "c", "1", "2.5", "null"])


def numbers():
    return st.recursive(
        LEAVES,
        lambda inside: st.one_of(
            st.builds("({} {} {})".format, inside, st.sampled_from("+-*"), inside),
            st.builds("coalesce({}, {})".format, inside, inside),
        ),
        max_leaves=8,
    )


def conditions():
    compared = st.builds("{} {} {}".format, numbers(), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), numbers())
    return st.recursive(
        compared,
        lambda inside: st.one_of(
            st.builds("({} {} {})".format, inside, st.sampled_from(["and", "or"]), inside),
            st.builds("not ({})".format, inside),
            st.builds("{} in ({}, {})".format, numbers(), numbers(), numbers()),
        ),
        max_leaves=6,
    )


@given(text=st.one_of(numbers(), conditions()), row=st.fixed_dictionaries({"a": NUMBERS, "b": NUMBERS, "c": NUMBERS}))
def test_it_comes_to_what_sql_says(text, row):
    """SQLite, which has no truth values but numbers, is asked the same."""
    with closing(sqlite3.connect(":memory:")) as connection:
        [said] = connection.execute(f"SELECT {text} FROM (SELECT :a AS a, :b AS b, :c AS c)", row).fetchone()
    assert Expression(text).compiled()(row) == said
