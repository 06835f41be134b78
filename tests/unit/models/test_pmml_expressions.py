"""Transformations and treatments of PMML, each as its specification says."""

import numpy as np
import pytest
from pmml_files import (
    NUMBER,
    apply,
    constant,
    document,
    formula_answers,
    ref,
    regression_table,
    schema,
    target_field,
)

from argosy.errors import ImportInvalid, InputInvalid


def reading(expression, fields, row, *, extra="", kind='optype="continuous" dataType="double"'):
    """The value that a derived field has for a row: the coefficient of the only class with a score."""
    derived = f'{extra}<DerivedField name="d" {kind}>{expression}</DerivedField>'
    tables = regression_table(["d"], [1], 0, "yes") + regression_table([], [], 0, "no")
    model = f'<RegressionModel functionName="classification">{schema(list(fields))}{tables}</RegressionModel>'
    content = document(model, fields, target=target_field(["yes", "no"]), transformations=derived)
    return formula_answers(content, [row])[0, 0]


FIELDS = {"x": NUMBER, "z": NUMBER, "k": 'optype="categorical" dataType="string"'}
NORM = '<NormContinuous field="x" {}><LinearNorm orig="0" norm="0"/><LinearNorm orig="10" norm="1"/><LinearNorm orig="20" norm="5"/></NormContinuous>'
BINS = (
    '<Discretize field="x" dataType="double" {}><DiscretizeBin binValue="1"><Interval closure="openClosed" rightMargin="0"/></DiscretizeBin>'
    '<DiscretizeBin binValue="2"><Interval closure="openOpen" leftMargin="0" rightMargin="5"/></DiscretizeBin></Discretize>'
)
TABLES = (
    '<MapValues outputColumn="out" dataType="double" {}><FieldColumnPair field="k" column="a"/><FieldColumnPair field="x" column="b"/>'
    "<InlineTable><row><a>red</a><b>1</b><out>10</out></row><row><a>blue</a><b>2</b><out>20</out></row></InlineTable></MapValues>"
)


@pytest.mark.parametrize(
    ("expression", "row", "expected"),
    [
        (NORM.format(""), {"x": 5}, 0.5),
        (NORM.format(""), {"x": 15}, 3.0),
        (NORM.format(""), {"x": 30}, 9.0),
        (NORM.format('outliers="asExtremeValues"'), {"x": 30}, 5.0),
        (NORM.format('outliers="asMissingValues"'), {"x": -1}, np.nan),
        (NORM.format('mapMissingTo="7"'), {"z": 1}, 7.0),
        ('<NormDiscrete field="k" value="red"/>', {"k": "red"}, 1.0),
        ('<NormDiscrete field="k" value="red"/>', {"k": "blue"}, 0.0),
        ('<NormDiscrete field="k" value="red" mapMissingTo="0.5"/>', {"x": 1}, 0.5),
        (BINS.format(""), {"x": 0}, 1.0),
        (BINS.format(""), {"x": 4.9}, 2.0),
        (BINS.format(""), {"x": 5}, np.nan),
        (BINS.format('defaultValue="9"'), {"x": 5}, 9.0),
        (BINS.format('mapMissingTo="8"'), {"z": 5}, 8.0),
        (TABLES.format(""), {"k": "blue", "x": 2}, 20.0),
        (TABLES.format('defaultValue="-1"'), {"k": "blue", "x": 1}, -1.0),
        (TABLES.format('mapMissingTo="-2"'), {"k": "blue"}, -2.0),
        ('<FieldRef field="x" mapMissingTo="4"/>', {"z": 1}, 4.0),
        (apply("+", ref("x"), apply("*", ref("z"), constant(3))), {"x": 1, "z": 2}, 7.0),
        (apply("+", ref("x"), ref("z"), more='defaultValue="3"'), {"x": 1}, 3.0),
        (apply("+", ref("x"), ref("z"), more='mapMissingTo="2"'), {"x": 1}, 2.0),
        (apply("max", ref("x"), ref("z")), {"x": 1}, 1.0),
        (apply("avg", ref("x"), ref("z")), {"x": 1, "z": 4}, 2.5),
        (apply("if", apply("greaterThan", ref("x"), constant(2)), constant(10), constant(20)), {"x": 3}, 10.0),
        (
            apply(
                "if",
                apply("and", apply("isMissing", ref("x")), apply("equal", ref("k"), constant("red"))),
                constant(1),
                constant(2),
            ),
            {"k": "red"},
            1.0,
        ),
        (
            apply("if", apply("equal", apply("uppercase", ref("k")), constant("RED")), constant(1), constant(2)),
            {"k": "red"},
            1.0,
        ),
        (
            apply("if", apply("isIn", ref("k"), constant("red"), constant("blue")), constant(1), constant(2)),
            {"k": "green"},
            2.0,
        ),
        (
            apply("if", apply("not", apply("lessOrEqual", ref("x"), ref("z"))), constant(1), constant(2)),
            {"x": 1, "z": 1},
            2.0,
        ),
        (apply("floor", apply("ln", apply("exp", ref("x")))), {"x": 2.5}, 2.0),
        (apply("round", ref("x")), {"x": 2.5}, 3.0),
        (apply("pow", ref("x"), constant(2)), {"x": 3}, 9.0),
        (apply("stringLength", apply("concat", ref("k"), constant("ab"))), {"k": "red"}, 5.0),
        (apply("stringLength", apply("substring", ref("k"), constant(2), constant(5))), {"k": "red"}, 2.0),
        (apply("twice", ref("x")), {"x": 4}, 8.0),
    ],
)
def test_transformations(expression, row, expected):
    twice = (
        '<DefineFunction name="twice" optype="continuous"><ParameterField name="p"/>'
        f"{apply('*', ref('p'), constant(2))}</DefineFunction>"
    )
    np.testing.assert_allclose(reading(expression, FIELDS, row, extra=twice), expected)


def test_derived_fields_use_each_other_in_any_order():
    extra = f'<DerivedField name="e" optype="continuous" dataType="double">{apply("+", ref("f"), constant(1))}</DerivedField>'
    extra += f'<DerivedField name="f" optype="continuous" dataType="double">{apply("*", ref("x"), constant(5))}</DerivedField>'
    assert reading(apply("+", ref("e"), ref("f")), FIELDS, {"x": 2}, extra=extra) == 21


def treated(row, kind=NUMBER, **attributes):
    tables = regression_table(["x"], [1], 0, "yes") + regression_table([], [], 0, "no")
    model = f'<RegressionModel functionName="classification">{schema(["x"], x=attributes)}{tables}</RegressionModel>'
    return formula_answers(document(model, {"x": kind}, target=target_field(["yes", "no"])), [row])[0, 0]


def test_treatments_of_missing_invalid_and_far_values():
    interval = NUMBER + '><Interval closure="closedOpen" leftMargin="0" rightMargin="10"/></DataField>'
    marked = NUMBER + '><Value value="-99" property="missing"/></DataField>'
    assert treated({"x": None}, missingValueReplacement=3) == 3
    assert treated({"x": -99}, marked, missingValueReplacement=3) == 3
    assert treated({"x": 9}, interval) == 9
    with pytest.raises(InputInvalid, match=r"^the field 'x' has a value that the model does not allow$"):
        treated({"x": 10}, interval)
    assert treated({"x": 10}, interval, invalidValueTreatment="asIs") == 10
    assert treated({"x": 10}, interval, invalidValueTreatment="asMissing", missingValueReplacement=2) == 2
    assert treated({"x": 10}, interval, invalidValueTreatment="asValue", invalidValueReplacement=5) == 5
    assert treated({"x": 50}, outliers="asExtremeValues", lowValue=0, highValue=20) == 20
    assert np.isnan(treated({"x": 50}, outliers="asMissingValues", highValue=20))
    with pytest.raises(InputInvalid, match=r"^the field 'x' is missing, and the model does not allow that$"):
        treated({"x": None}, missingValueTreatment="returnInvalid")


def test_functions_that_call_themselves_are_refused():
    twice = f'<DefineFunction name="twice"><ParameterField name="p"/>{apply("twice", ref("p"))}</DefineFunction>'
    with pytest.raises(ImportInvalid, match="calls itself"):
        reading(apply("twice", ref("x")), FIELDS, {"x": 4}, extra=twice)
    with pytest.raises(ImportInvalid, match="uses the function 'matches'"):
        reading(apply("matches", ref("k"), constant("a+")), FIELDS, {"x": 4})
