"""Expressions as Flink SQL: how values are written, what is missing, and what cannot be said."""

import pytest

from argosy.definitions.expressions import Expression
from argosy.errors import DefinitionInvalid
from argosy.features.flink_expressions import (
    FieldSql,
    any_of,
    expression_sql,
    field_sql,
    interval_sql,
    number_sql,
    text_sql,
)


class Fields(dict):
    """Columns that are called by the type of their field."""

    def __missing__(self, name):
        return FieldSql(*[f"{name}.{kind}" for kind in FieldSql._fields])


def sql(text, wanted):
    return expression_sql(Expression(text), Fields(), wanted)


@pytest.mark.parametrize(
    ("text", "wanted", "value"),
    [
        ("a + 1", "number", "(a.quantity + 1.0E0)"),
        ("-a * 2.5e300", "number", "((0E0 - a.quantity) * 2.5E+300)"),
        ("a / b", "number", "(a.quantity / NULLIF(b.quantity, 0E0))"),
        ("min(a, b, 3)", "number", "LEAST(a.quantity, b.quantity, 3.0E0)"),
        ("length(lower(t))", "number", "CAST(CHAR_LENGTH(LOWER(t.text)) AS DOUBLE)"),
        (
            "coalesce(a, 0)",
            "number",
            "(CASE WHEN (a.json IS NOT NULL AND a.number IS NULL) THEN CAST(NULL AS DOUBLE)"
            " ELSE COALESCE(a.number, 0.0E0) END)",
        ),
        ("coalesce(a + 1, 0)", "number", "COALESCE((a.quantity + 1.0E0), 0.0E0)"),
        ("if(flag, a, null)", "number", "(CASE WHEN flag.boolean THEN a.number ELSE CAST(NULL AS DOUBLE) END)"),
        ("2 * 3 + 1", "number", "7.0E0"),
        ("a > 1 and not flag", "boolean", "((a.quantity > 1.0E0) AND (NOT flag.boolean))"),
        ("lower(t) = 'it''s'", "boolean", "(LOWER(t.text) = 'it''s')"),
        ("is_null(t)", "boolean", "(t.json IS NULL)"),
        ("null", "boolean", "CAST(NULL AS BOOLEAN)"),
        ("true", "boolean", "TRUE"),
    ],
)
def test_values_are_written_as_sql(text, wanted, value):
    assert sql(text, wanted).value == value


def odd(field):
    return f"({field.partition('.')[0]}.json IS NOT NULL AND {field} IS NULL)"


def test_a_value_of_another_type_is_a_mistake_where_it_is_computed_with():
    assert sql("a < 3", "boolean").mistakes == (f"{odd('a.quantity')} AND 3.0E0 IS NOT NULL",)
    assert sql("lower(t)", "text").mistakes == (odd("t.text"),)
    assert sql("not flag", "boolean").mistakes == (odd("flag.boolean"),)
    assert (
        sql("a + b", "number").mistakes[0] == f"{odd('a.quantity')} AND (b.quantity IS NOT NULL OR {odd('b.quantity')})"
    )
    assert sql("flag and lower(t) = 'x'", "boolean").mistakes == (
        odd("t.text"),
        f"{odd('flag.boolean')} AND (LOWER(t.text) = 'x') IS NOT FALSE",
    )


def test_a_value_of_another_type_is_merely_unequal():
    assert sql("a = 3", "boolean") == (
        f"(CASE WHEN {odd('a.quantity')} THEN FALSE ELSE (a.quantity = 3.0E0) END)",
        (),
        "",
    )
    assert sql("a != 3", "boolean").value == f"(CASE WHEN {odd('a.quantity')} THEN TRUE ELSE (a.quantity <> 3.0E0) END)"
    assert sql("a in (3, 4)", "boolean").value.count(odd("a.quantity")) == 2
    assert sql("t = lower(u)", "boolean").value == (
        f"(CASE WHEN {odd('t.text')} AND LOWER(u.text) IS NOT NULL THEN FALSE ELSE (t.text = LOWER(u.text)) END)"
    )


def test_a_value_of_another_type_may_be_chosen():
    assert sql("a", "number") == ("a.number", (), odd("a.number"))
    assert sql("coalesce(a, b)", "number").odd == f"({odd('a.number')} OR (a.number IS NULL AND {odd('b.number')}))"
    assert sql("if(true, a, 1)", "number").odd == f"(CASE WHEN TRUE THEN {odd('a.number')} ELSE FALSE END)"
    assert sql("lower(t)", "number").odd == "(LOWER(t.text) IS NOT NULL)"


def test_truth_values_are_compared_as_numbers():
    assert sql("flag = true", "boolean").value.endswith("ELSE (flag.quantity = 1.0E0) END)")
    compared = sql("(a > 1) = flag", "boolean").value
    assert "(CASE (a.quantity > 1.0E0) WHEN TRUE THEN 1E0 WHEN FALSE THEN 0E0 END)" in compared


def test_what_cannot_be_said_is_a_condition():
    assert "a.quantity IS NOT NULL AND b.quantity = 0E0" in sql("a / b", "number").mistakes
    assert "a.quantity <= 0E0" in sql("log(a)", "number").mistakes
    assert any("NOT ABS((a.quantity * 2.0E0)) <= " in one for one in sql("a * 2", "number").mistakes)
    assert sql("1 / 0 + a", "number").mistakes[0] == "TRUE"
    assert any_of([]) == "FALSE"
    assert any_of(["x", "y", "x"]) == "(((x) OR (y)) IS TRUE)"


def test_types_that_are_not_known_are_refused_where_they_matter():
    with pytest.raises(DefinitionInvalid, match=r"'a = b': Flink must know whether numbers or texts are compared"):
        sql("a = b", "boolean")
    assert sql("a + 0 = b", "boolean").value.endswith("ELSE ((a.quantity + 0.0E0) = b.quantity) END)")
    assert sql("a = null", "boolean").value.endswith("ELSE (a.quantity = CAST(NULL AS DOUBLE)) END)")


def test_texts_numbers_spans_and_fields_are_quoted():
    assert text_sql("it's") == "'it''s'"
    assert (number_sql(-3), number_sql(1e-7), number_sql(0.1)) == ("(-3.0E0)", "1E-07", "0.1E0")
    assert interval_sql(90_061_500) == "INTERVAL '1 01:01:01.500' DAY(3) TO SECOND(3)"
    assert field_sql("`line`", "a.b").json == "JSON_QUERY(`line`, '$[''a.b'']' WITH UNCONDITIONAL ARRAY WRAPPER)"
