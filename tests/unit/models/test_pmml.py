"""PMML answers as the models do that it was written of, and as its specification says where values are missing."""

import math

import numpy as np
import pytest
from pmml_files import (
    NUMBER,
    apply,
    as_float32,
    category,
    constant,
    document,
    formula_answers,
    formula_of,
    ref,
    regression_table,
    schema,
    segments,
    target_field,
    tree_model,
)
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from argosy.errors import ArtifactCorrupt, ImportInvalid, InputInvalid
from argosy.models.translators import translation_of

RNG = np.random.default_rng()
NAMES = ["a", "b", "c"]
NUMBERS = dict.fromkeys(NAMES, NUMBER)
TABLE = as_float32(RNG.normal(size=(300, 3)).round(2))
CLASSES = ["no", "perhaps", "yes"]
LABELS = np.array(CLASSES)[np.digitize(TABLE[:, 0] + TABLE[:, 1] ** 2 + 0.2 * RNG.normal(size=300), [0.2, 1.2])]
PAIR = np.where(LABELS == "no", "no", "yes")


@pytest.fixture(autouse=True)
def draws_of_one_test():
    """The same in whichever order tests run."""
    RNG.bit_generator.state = np.random.default_rng(11).bit_generator.state


def agrees(model, expected, classes=CLASSES, table=TABLE, **more):
    content = document(model, NUMBERS, target=target_field(classes), **more)
    assert formula_of(content)[0].classes == list(classes)
    np.testing.assert_allclose(formula_answers(content, table.tolist()), expected, atol=1e-9)


def test_a_tree():
    theirs = DecisionTreeClassifier(max_depth=6, random_state=0).fit(TABLE, LABELS)
    agrees(tree_model(theirs.tree_, NAMES, CLASSES), theirs.predict_proba(TABLE))


def test_a_forest_by_average_and_by_votes():
    theirs = RandomForestClassifier(9, max_depth=4, random_state=0).fit(TABLE, LABELS)
    trees = [tree_model(one.tree_, NAMES, CLASSES) for one in theirs.estimators_]
    for method, expected in [
        ("average", theirs.predict_proba(TABLE)),
        ("majorityVote", np.mean([np.eye(3)[one.predict(TABLE).astype(int)] for one in theirs.estimators_], axis=0)),
    ]:
        inner = schema(NAMES) + segments(trees, method)
        agrees(f'<MiningModel functionName="classification">{inner}</MiningModel>', expected)


def test_weights_of_a_forest():
    theirs = RandomForestClassifier(3, max_depth=3, random_state=0).fit(TABLE, LABELS)
    trees = [tree_model(one.tree_, NAMES, CLASSES) for one in theirs.estimators_]
    expected = np.average([one.predict_proba(TABLE) for one in theirs.estimators_], axis=0, weights=[1, 2, 5])
    inner = schema(NAMES) + segments(trees, "weightedAverage", weights=[1, 2, 5])
    agrees(f'<MiningModel functionName="classification">{inner}</MiningModel>', expected)


def test_boosting_is_a_chain_of_sums_and_a_regression():
    theirs = GradientBoostingClassifier(n_estimators=12, random_state=0, init="zero").fit(TABLE, LABELS)
    chain = []
    for place, name in enumerate(CLASSES):
        trees = [tree_model(one.tree_, NAMES) for one in theirs.estimators_[:, place]]
        output = f'<Output><OutputField name="raw {name}" optype="continuous" dataType="double"/></Output>'
        targets = '<Targets><Target rescaleFactor="0.1"/></Targets>'
        inner = schema(NAMES, "") + output + targets + segments(trees, "sum")
        chain.append(f'<MiningModel functionName="regression">{inner}</MiningModel>')
    tables = "".join(regression_table([f"raw {name}"], [1], 0, name) for name in CLASSES)
    own = schema([f"raw {name}" for name in CLASSES])
    chain.append(
        f'<RegressionModel functionName="classification" normalizationMethod="softmax">{own}{tables}</RegressionModel>'
    )
    whole = f'<MiningModel functionName="classification">{schema(NAMES)}{segments(chain, "modelChain")}</MiningModel>'
    agrees(whole, theirs.predict_proba(TABLE))


def test_logistic_regression_of_two_and_of_three_classes():
    theirs = LogisticRegression().fit(TABLE, LABELS)
    tables = "".join(
        regression_table(NAMES, *row) for row in zip(theirs.coef_, theirs.intercept_, CLASSES, strict=True)
    )
    model = '<RegressionModel functionName="classification" normalizationMethod="{}">{}{}</RegressionModel>'
    agrees(model.format("softmax", schema(NAMES), tables), theirs.predict_proba(TABLE))
    theirs = LogisticRegression().fit(TABLE, PAIR)
    tables = regression_table(NAMES, theirs.coef_[0], theirs.intercept_[0], "yes") + regression_table([], [], 0, "no")
    agrees(model.format("logit", schema(NAMES), tables), theirs.predict_proba(TABLE)[:, ::-1], ["yes", "no"])
    agrees(model.format("softmax", schema(NAMES), tables), theirs.predict_proba(TABLE)[:, ::-1], ["yes", "no"])


@pytest.mark.parametrize(
    ("method", "inverse"),
    [
        ("probit", 0.5 * math.erfc(-0.5 / math.sqrt(2))),
        ("cloglog", 1 - math.exp(-math.exp(0.5))),
        ("loglog", math.exp(-math.exp(-0.5))),
        ("cauchit", 0.5 + math.atan(0.5) / math.pi),
        ("none", 0.5),
    ],
)
def test_other_links(method, inverse):
    tables = regression_table(["a"], [1], 0, "yes") + regression_table([], [], 0, "no")
    model = f'<RegressionModel functionName="classification" normalizationMethod="{method}">{schema(["a"])}{tables}</RegressionModel>'
    content = document(model, {"a": NUMBER}, target=target_field(["yes", "no"]))
    np.testing.assert_allclose(formula_answers(content, [[0.5]]), [[inverse, 1 - inverse]], atol=1e-12)


def test_ordered_classes_by_cumulative_chances():
    tables = (
        regression_table(["a"], [1], -1, "low")
        + regression_table(["a"], [1], 1, "mid")
        + regression_table([], [], 0, "high")
    )
    model = f'<RegressionModel functionName="classification" normalizationMethod="logit">{schema(["a"])}{tables}</RegressionModel>'
    content = document(model, {"a": NUMBER}, target=target_field(["low", "mid", "high"], "ordinal"))
    first, second = (1 / (1 + np.exp(-(0.4 + shift))) for shift in (-1, 1))
    np.testing.assert_allclose(formula_answers(content, [[0.4]]), [[first, second - first, 1 - second]])


def test_predictors_that_are_categories_powers_and_products():
    table = (
        '<RegressionTable intercept="0.5" targetCategory="yes"><NumericPredictor name="a" exponent="2" coefficient="3"/>'
        '<CategoricalPredictor name="k" value="red" coefficient="-2"/>'
        '<PredictorTerm coefficient="4"><FieldRef field="a"/><FieldRef field="b"/></PredictorTerm></RegressionTable>'
    )
    model = (
        f'<RegressionModel functionName="classification" normalizationMethod="logit">{schema(["a", "b", "k"])}{table}'
        f"{regression_table([], [], 0, 'no')}</RegressionModel>"
    )
    content = document(
        model, {"a": NUMBER, "b": NUMBER, "k": category("red", "blue")}, target=target_field(["yes", "no"])
    )
    rows = [{"a": 0.5, "b": 0.2, "k": "red"}, {"a": 0.5, "b": 0.2}, {"a": None, "b": 0.2, "k": "red"}]
    found = formula_answers(content, rows)[:, 0]
    values = np.array([0.5 + 0.75 - 2 + 0.4, 0.5 + 0.75 + 0.4])
    np.testing.assert_allclose(found[:2], 1 / (1 + np.exp(-values)))
    assert np.isnan(found[2])


def test_naive_bayes_of_numbers_and_of_categories():
    theirs = GaussianNB().fit(TABLE, LABELS)
    inputs = ""
    for place, name in enumerate(NAMES):
        stats = "".join(
            f'<TargetValueStat value="{one}"><GaussianDistribution mean="{theirs.theta_[n, place]!r}" variance="{theirs.var_[n, place]!r}"/>'
            "</TargetValueStat>"
            for n, one in enumerate(CLASSES)
        )
        inputs += f'<BayesInput fieldName="{name}"><TargetValueStats>{stats}</TargetValueStats></BayesInput>'
    counts = "".join(f'<TargetValueCount value="{one}" count="{np.sum(one == LABELS)}"/>' for one in CLASSES)
    output = f'<BayesOutput fieldName="y"><TargetValueCounts>{counts}</TargetValueCounts></BayesOutput>'
    own = f"{schema(NAMES)}<BayesInputs>{inputs}</BayesInputs>{output}".replace("np.float64(", "").replace(")", "")
    model = f'<NaiveBayesModel functionName="classification" threshold="1e-300">{own}</NaiveBayesModel>'
    agrees(model, theirs.predict_proba(TABLE))


def test_the_example_of_naive_bayes_in_the_specification():
    """Its arithmetic by hand: L2 / (L0 + L1 + L2 + L3 + L4)."""

    def pair(value, *counts):
        listed = "".join(
            f'<TargetValueCount value="{n}" count="{one}"/>' for n, one in zip(amounts, counts, strict=True)
        )
        return f'<PairCounts value="{value}"><TargetValueCounts>{listed}</TargetValueCounts></PairCounts>'

    amounts = ["100", "500", "1000", "5000", "10000"]
    gender = pair("male", 4273, 1321, 780, 405, 42) + pair("female", 4325, 1212, 742, 292, 48)
    claims = (
        pair("0", 4698, 623, 1259, 550, 40)
        + pair("1", 3526, 1798, 227, 152, 40)
        + pair("2", 225, 10, 9, 0, 10)
        + pair(">2", 112, 5, 1, 1, 8)
    )
    totals = (
        pair("all", 8723, 2557, 1530, 709, 100).replace('<PairCounts value="all">', "").replace("</PairCounts>", "")
    )
    inputs = f'<BayesInput fieldName="gender">{gender}</BayesInput><BayesInput fieldName="claims">{claims}</BayesInput>'
    model = (
        f'<NaiveBayesModel functionName="classification" threshold="0.001">{schema(["gender", "claims"])}'
        f'<BayesInputs>{inputs}</BayesInputs><BayesOutput fieldName="y">{totals}</BayesOutput></NaiveBayesModel>'
    )
    fields = {"gender": category("male", "female"), "claims": category("0", "1", "2", ">2")}
    content = document(model, fields, target=target_field(amounts))
    by_hand = np.array([8723, 2557, 1530, 709, 100], float)
    by_hand *= np.array([4273 / 8598, 1321 / 2533, 780 / 1522, 405 / 697, 42 / 90])
    by_hand *= np.array([225 / 8561, 10 / 2436, 9 / 1496, 0.001, 10 / 98])
    np.testing.assert_allclose(formula_answers(content, [["male", "2"]])[0], by_hand / by_hand.sum(), atol=1e-12)
    missing = np.array([8723, 2557, 1530, 709, 100]) * np.array(
        [4273 / 8598, 1321 / 2533, 780 / 1522, 405 / 697, 42 / 90]
    )
    np.testing.assert_allclose(formula_answers(content, [["male", None]])[0], missing / missing.sum(), atol=1e-12)


def weather(strategy, more=""):
    """The tree of the specification's chapter on missing values, as its text describes it."""
    return document(
        f"""<TreeModel functionName="classification" missingValueStrategy="{strategy}" {more}>
        {schema(["temperature", "humidity", "windy", "outlook"])}
        <Node id="1" score="will play" recordCount="100" defaultChild="2"><True/>
          <ScoreDistribution value="will play" recordCount="60"/><ScoreDistribution value="may play" recordCount="30"/>
          <ScoreDistribution value="no play" recordCount="10"/>
          <Node id="2" score="will play" recordCount="50" defaultChild="3">
            <SimplePredicate field="outlook" operator="equal" value="sunny"/>
            <ScoreDistribution value="will play" recordCount="40"/><ScoreDistribution value="may play" recordCount="2"/>
            <ScoreDistribution value="no play" recordCount="8"/>
            <Node id="3" score="will play" recordCount="40">
              <CompoundPredicate booleanOperator="surrogate">
                <SimplePredicate field="temperature" operator="greaterThan" value="50"/>
                <SimplePredicate field="humidity" operator="lessThan" value="80"/><False/>
              </CompoundPredicate>
              <ScoreDistribution value="will play" recordCount="36"/><ScoreDistribution value="may play" recordCount="2"/>
              <ScoreDistribution value="no play" recordCount="2"/></Node>
            <Node id="4" score="no play" recordCount="10">
              <CompoundPredicate booleanOperator="surrogate">
                <SimplePredicate field="temperature" operator="lessOrEqual" value="50"/>
                <SimplePredicate field="humidity" operator="greaterOrEqual" value="80"/><False/>
              </CompoundPredicate>
              <ScoreDistribution value="will play" recordCount="4"/><ScoreDistribution value="no play" recordCount="6"/></Node>
          </Node>
          <Node id="5" score="may play" recordCount="50">
            <SimpleSetPredicate field="outlook" booleanOperator="isIn"><Array n="2" type="string">overcast "light rain"</Array>
            </SimpleSetPredicate>
            <ScoreDistribution value="will play" recordCount="20"/><ScoreDistribution value="may play" recordCount="28"/>
            <ScoreDistribution value="no play" recordCount="2"/></Node>
        </Node></TreeModel>""",
        {
            "temperature": NUMBER,
            "humidity": NUMBER,
            "windy": category("true", "false"),
            "outlook": category("sunny", "overcast", "light rain", "snow"),
        },
        target=target_field(["will play", "may play", "no play"]),
    )


SUNNY = {"outlook": "sunny", "temperature": 60}
WHOLE, LEFT, COLD = [0.6, 0.3, 0.1], [0.9, 0.05, 0.05], [0.4, 0.0, 0.6]
MAY, NOTHING = [0.4, 0.56, 0.04], [np.nan] * 3


@pytest.mark.parametrize(
    ("strategy", "row", "expected"),
    [
        ("none", SUNNY, LEFT),
        ("none", {"outlook": "sunny", "humidity": 90}, COLD),
        ("none", {"outlook": "light rain"}, MAY),
        ("none", {"outlook": "snow"}, NOTHING),
        ("none", {"temperature": 60}, NOTHING),
        ("none", {"outlook": "sunny"}, NOTHING),
        ("lastPrediction", {"temperature": 60}, WHOLE),
        ("lastPrediction", SUNNY, LEFT),
        ("nullPrediction", {"temperature": 60}, NOTHING),
        ("defaultChild", {"temperature": 60}, LEFT),
        ("defaultChild", {"temperature": 40}, COLD),
        ("defaultChild", {"outlook": "overcast"}, MAY),
        ("weightedConfidence", {"temperature": 60}, np.add(np.multiply(LEFT, 0.5), np.multiply(MAY, 0.5))),
        ("weightedConfidence", SUNNY, LEFT),
        ("aggregateNodes", {"temperature": 60}, np.array([36 + 20, 2 + 28, 2 + 2]) / 90),
        ("aggregateNodes", {"temperature": 40}, np.array([4 + 20, 28, 6 + 2]) / 60),
    ],
)
def test_missing_values_in_trees(strategy, row, expected):
    np.testing.assert_allclose(formula_answers(weather(strategy), [row])[0], expected, atol=1e-12)


def test_no_true_child():
    stays = weather("none", 'noTrueChildStrategy="returnLastPrediction"')
    np.testing.assert_allclose(formula_answers(stays, [{"outlook": "snow"}])[0], WHOLE)


def constant_model(*shares):
    distribution = "".join(
        f'<ScoreDistribution value="{name}" recordCount="{one}"/>'
        for name, one in zip(("yes", "no"), shares, strict=True)
    )
    return f'<TreeModel functionName="classification">{schema(["x"])}<Node score="yes"><True/>{distribution}</Node></TreeModel>'


@pytest.mark.parametrize(
    ("method", "x", "expected"),
    [
        ("selectFirst", 5, 0.2),
        ("selectFirst", -5, 0.9),
        ("average", 5, 0.55),
        ("weightedAverage", 5, (0.2 + 3 * 0.9) / 4),
        ("majorityVote", 5, 0.5),
        ("weightedMajorityVote", 5, 0.75),
        ("max", 5, 0.9),
        ("median", 5, 0.55),
    ],
)
def test_segments_with_conditions(method, x, expected):
    condition = '<SimplePredicate field="x" operator="greaterThan" value="0"/>'
    models = [constant_model(2, 8), constant_model(9, 1)]
    inner = segments(models, method, weights=[1, 3], predicates=[condition, "<True/>"])
    model = f'<MiningModel functionName="classification">{schema(["x"])}{inner}</MiningModel>'
    content = document(model, {"x": NUMBER}, target=target_field(["yes", "no"]))
    np.testing.assert_allclose(formula_answers(content, [[x]])[0, 0], expected)


def test_a_chain_can_use_an_answer_that_was_computed_from_another():
    first = (
        f'<TreeModel functionName="regression">{schema(["x"], "")}<Output><OutputField name="r"/>'
        f'<OutputField name="s" feature="transformedValue" dataType="double">{apply("*", ref("r"), constant(10))}</OutputField></Output>'
        '<Node score="4"><True/></Node></TreeModel>'
    )
    last = (
        f'<RegressionModel functionName="classification">{schema(["s"])}'
        f"{regression_table(['s'], [1], 0.5, 'yes')}{regression_table([], [], 0, 'no')}</RegressionModel>"
    )
    model = f'<MiningModel functionName="classification">{schema(["x"])}{segments([first, last], "modelChain")}</MiningModel>'
    assert formula_answers(document(model, {"x": NUMBER}, target=target_field(["yes", "no"])), [[0]])[0, 0] == 40.5


def test_numbers_of_a_forest_and_of_a_sum_with_a_target():
    truth = TABLE[:, 0] * 3 + TABLE[:, 1] ** 2
    theirs = RandomForestRegressor(7, max_depth=4, random_state=0).fit(TABLE, truth)
    trees = [tree_model(one.tree_, NAMES) for one in theirs.estimators_]
    model = f'<MiningModel functionName="regression">{schema(NAMES, "")}{segments(trees, "average")}</MiningModel>'
    translation, formula = formula_of(document(model, NUMBERS))
    assert translation.classes == ["value"]
    np.testing.assert_allclose(formula.answers(TABLE.tolist())[:, 0], theirs.predict(TABLE), atol=1e-9)
    target = '<Targets><Target rescaleFactor="2" rescaleConstant="1" max="10" castInteger="round"/></Targets>'
    model = f'<MiningModel functionName="regression">{schema(NAMES, "")}{target}{segments(trees, "sum")}</MiningModel>'
    sums = np.sum([one.predict(TABLE) for one in theirs.estimators_], axis=0)
    found = formula_answers(document(model, NUMBERS), TABLE.tolist())[:, 0]
    np.testing.assert_allclose(found, np.floor(np.minimum(sums, 10) * 2 + 1.5))


def test_numbers_of_a_regression():
    theirs = LinearRegression().fit(TABLE, TABLE @ [1, 2, 3] + 4)
    table = regression_table(NAMES, theirs.coef_, theirs.intercept_)
    model = '<RegressionModel functionName="regression" normalizationMethod="{}">{}{}</RegressionModel>'
    content = document(model.format("none", schema(NAMES, ""), table), NUMBERS)
    np.testing.assert_allclose(formula_answers(content, TABLE.tolist())[:, 0], theirs.predict(TABLE))
    content = document(model.format("exp", schema(NAMES, ""), table), NUMBERS)
    np.testing.assert_allclose(formula_answers(content, TABLE.tolist())[:, 0], np.exp(theirs.predict(TABLE)))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<PMML", "the file cannot be read as XML: unclosed token"),
        (
            b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><PMML>&b;</PMML>",
            "declares a document type or entities",
        ),
        (b"<html/>", "the file's root is html, and not PMML"),
        (
            b"<PMML><Header/><ClusteringModel/></PMML>",
            "the file's model is ClusteringModel; RegressionModel, TreeModel",
        ),
        (b"<PMML>" + b"<a>" * 2000 + b"</a>" * 2000 + b"</PMML>", "more than 1,000 in each other"),
        (
            document(
                f'<TreeModel functionName="clustering">{schema(["x"])}<Node><True/></Node></TreeModel>', {"x": NUMBER}
            ),
            "the file's model is for clustering",
        ),
        (
            document(constant_model(1, 1), {}, target=target_field(["yes", "no"])),
            "reads the field 'x', which its DataDictionary does not have",
        ),
        (
            document(constant_model(1, 1), {"x": 'optype="ordinal" dataType="date"'}),
            "the field 'x' is a date|field 'x' is a date",
        ),
    ],
)
def test_what_cannot_be_translated_is_said_in_a_line(content, problem):
    with pytest.raises(ImportInvalid, match=problem) as found:
        translation_of("pmml", content)
    assert "\n" not in str(found.value)


def test_any_damage_to_a_file_is_refused_or_answered_without_a_warning(recwarn):
    theirs = RandomForestClassifier(3, max_depth=3, random_state=0).fit(TABLE, LABELS)
    trees = [tree_model(one.tree_, NAMES, CLASSES) for one in theirs.estimators_]
    inner = schema(NAMES) + segments(trees, "median")
    model = f'<MiningModel functionName="classification">{inner}</MiningModel>'
    content = document(model, NUMBERS, target=target_field(CLASSES))
    rows = [[None] * 3, *TABLE[:3].tolist()]
    formula_answers(content, rows)
    for place in RNG.integers(0, len(content), 200).tolist():
        changed = bytearray(content)
        changed[place : place + int(RNG.integers(1, 8))] = RNG.integers(32, 127, int(RNG.integers(0, 4))).tolist()
        try:
            formula_answers(bytes(changed), rows)
        except (ImportInvalid, ArtifactCorrupt, InputInvalid):
            continue
    assert not recwarn.list
