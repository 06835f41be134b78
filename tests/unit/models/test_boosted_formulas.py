"""Boosted trees of other libraries: the same answers as the library gives, from its file alone."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from argosy.errors import ArtifactCorrupt, ImportInvalid
from argosy.models.formulas.formula import Formula
from argosy.models.translators import decode_translation, encode_translation, translation_of
from argosy.models.translators.ubjson import read_ubjson

DATA = Path(os.environ.get("ARGOSY_DATA", "../shared/data"))
RNG = np.random.default_rng()
ROWS = 400


@pytest.fixture(autouse=True)
def draws_of_one_test():
    """The same in whichever order tests run."""
    RNG.bit_generator.state = np.random.default_rng(7).bit_generator.state


def numbers(columns=4, missing=0.15):
    table = RNG.normal(size=(ROWS, columns)).round(2)
    table[RNG.random(table.shape) < missing] = np.nan
    return table


def classes_of(table, count):
    score = np.nan_to_num(table[:, 0]) + np.nan_to_num(table[:, 1]) ** 2 + 0.3 * RNG.normal(size=len(table))
    return np.digitize(score, np.quantile(score, np.linspace(0, 1, count + 1)[1:-1]))


def answers(form, content, table):
    """What the formula answers after a passage through the pipe, as it is stored."""
    translation = decode_translation(encode_translation(translation_of(form, content)))
    return Formula(translation.formula).answers(table.tolist() if isinstance(table, np.ndarray) else table)


def both(second):
    return np.stack([1 - second, second], axis=1) if second.ndim == 1 else second


@pytest.fixture
def lightgbm():
    return pytest.importorskip("lightgbm", reason="the extra 'boosting' is not installed")


@pytest.fixture
def xgboost():
    return pytest.importorskip("xgboost", reason="a development package")


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "binary"},
        {"objective": "binary", "use_missing": False},
        {"objective": "binary", "zero_as_missing": True, "sigmoid": 0.7},
        {"objective": "multiclass", "num_class": 3},
        {"objective": "multiclassova", "num_class": 3},
        {"objective": "binary", "boosting": "dart", "drop_rate": 0.5},
        {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    ],
    ids=lambda settings: " ".join(map(str, settings.values())),
)
def test_lightgbm(lightgbm, settings):
    table = numbers()
    labels = classes_of(table, settings.get("num_class", 2))
    quiet = {"verbosity": -1, "min_data_in_leaf": 5, "num_threads": 1, "seed": 1}
    theirs = lightgbm.train({**quiet, **settings}, lightgbm.Dataset(table, labels), 20)
    asked = np.vstack([table, [[0.0, 1e-36, np.nan, 1e-30]], numbers(missing=0.6)])
    found = answers("lightgbm", theirs.model_to_string().encode(), asked)
    np.testing.assert_allclose(found, both(theirs.predict(asked)), atol=1e-9)


def test_lightgbm_with_categories(lightgbm):
    frame = pd.DataFrame({"a": RNG.normal(size=ROWS), "c": pd.Categorical(RNG.choice(list("wxyz"), ROWS))})
    labels = (frame.a > 0) ^ frame.c.isin(["x", "z"])
    quiet = {"objective": "binary", "verbosity": -1, "min_data_per_group": 1, "cat_smooth": 0, "num_threads": 1}
    theirs = lightgbm.train(quiet, lightgbm.Dataset(frame, labels.astype(int)), 20)
    found = answers("lightgbm", theirs.model_to_string().encode(), [[a, c] for a, c in frame.to_numpy().tolist()])
    np.testing.assert_allclose(found, both(theirs.predict(frame)), atol=1e-9)
    odd = pd.DataFrame({"a": [0.3, 0.3], "c": pd.Categorical([None, "unseen"])})
    found = answers("lightgbm", theirs.model_to_string().encode(), [[0.3, None], [0.3, "unseen"]])
    np.testing.assert_allclose(found, both(theirs.predict(odd)), atol=1e-9)


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "binary:logistic"},
        {"objective": "binary:logistic", "base_score": 0.2, "scale_pos_weight": 3},
        {"objective": "multi:softprob", "num_class": 3},
        {"objective": "multi:softmax", "num_class": 3, "num_parallel_tree": 2, "subsample": 0.5},
        {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5},
    ],
    ids=lambda settings: " ".join(map(str, settings.values())),
)
@pytest.mark.parametrize("form", ["json", "ubj"])
def test_xgboost(xgboost, settings, form):
    table = numbers()
    labels = classes_of(table, settings.get("num_class", 2))
    theirs = xgboost.train({"nthread": 1, "max_depth": 4, "seed": 1, **settings}, xgboost.DMatrix(table, labels), 20)
    asked = np.vstack([table, numbers(missing=0.6)])
    found = answers("xgboost", bytes(theirs.save_raw(form)), asked)
    margins = theirs.predict(xgboost.DMatrix(asked), output_margin=True)
    if settings["objective"].startswith("multi"):
        powers = np.exp(margins - margins.max(axis=1, keepdims=True))
        expected = powers / powers.sum(axis=1, keepdims=True)
    else:
        expected = both(theirs.predict(xgboost.DMatrix(asked)))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("values", [list("wxyz"), [3, 5, 8, 13]], ids=["texts", "numbers"])
def test_xgboost_with_categories(xgboost, values):
    frame = pd.DataFrame({"a": RNG.normal(size=ROWS), "c": pd.Categorical(RNG.choice(values, ROWS))})
    labels = (frame.a > 0) ^ frame.c.isin(values[1:3])
    rows = xgboost.DMatrix(frame, labels.astype(int), enable_categorical=True)
    theirs = xgboost.train({"objective": "binary:logistic", "nthread": 1, "max_cat_to_onehot": 1}, rows, 20)
    asked = [[a, c] for a, c in zip(frame.a.tolist(), frame.c.tolist(), strict=True)]
    asked += [[0.1, None]]
    last = pd.DataFrame({"a": [0.1], "c": pd.Categorical([None], categories=frame.c.cat.categories)})
    expected = np.append(theirs.predict(rows), theirs.predict(xgboost.DMatrix(last, enable_categorical=True)))
    np.testing.assert_allclose(answers("xgboost", bytes(theirs.save_raw("ubj")), asked), both(expected), atol=1e-6)


@pytest.mark.skipif(not DATA.exists(), reason="no data: set ARGOSY_DATA")
def test_files_of_others(xgboost, lightgbm):
    models = DATA / "models"
    table = np.abs(numbers(missing=0.1)) * 3
    theirs = lightgbm.Booster(model_file=str(models / "lightgbm_iris.bst"))
    found = answers("lightgbm", (models / "lightgbm_iris.bst").read_bytes(), table)
    np.testing.assert_allclose(found, theirs.predict(table), atol=1e-9)
    margins = xgboost.Booster(model_file=str(models / "xgboost_a.ubj")).predict(
        xgboost.DMatrix(table), output_margin=True
    )
    found = answers("xgboost", (models / "xgboost_a.ubj").read_bytes(), table)
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    np.testing.assert_allclose(found, powers / powers.sum(axis=1, keepdims=True), atol=1e-6)


def test_damaged_files_are_refused_in_a_line(lightgbm, xgboost):
    table = numbers()
    labels = classes_of(table, 2)
    text = lightgbm.train(
        {"verbosity": -1, "objective": "binary"}, lightgbm.Dataset(table, labels), 3
    ).model_to_string()
    raw = bytes(xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(table, labels), 3).save_raw("ubj"))
    broken = text.replace("left_child=", "left_child=99 ", 1)
    for form, content in [
        ("lightgbm", broken.encode()),
        ("lightgbm", text[: len(text) // 2].encode()),
        ("lightgbm", text.replace("objective=binary", "objective=lambdarank").encode()),
        ("lightgbm", b"something else"),
        ("xgboost", raw[: len(raw) // 2]),
        ("xgboost", b"{L\0\0\0\0\0\0\0\x07learner[[[[["),
        ("xgboost", b'{"learner": {}}'),
        ("xgboost", b"binf\0\0"),
    ]:
        with pytest.raises(ImportInvalid, match=r"^the file[^\n]+$"):
            translation_of(form, content)


def test_any_cut_or_flipped_byte_of_a_file_is_refused_or_answered(xgboost):
    table = numbers()
    raw = bytes(
        xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(table, classes_of(table, 2)), 2).save_raw("ubj")
    )
    for place in RNG.integers(0, len(raw), 300).tolist():
        changed = bytearray(raw)
        changed[place] ^= 1 << int(RNG.integers(0, 8))
        try:
            stated = translation_of("xgboost", bytes(changed)).formula
            Formula(stated).answers([[1.5] * len(stated["fields"])] * 5)
        except (ImportInvalid, ArtifactCorrupt):
            continue


def test_trees_that_lead_back_are_no_formula(lightgbm):
    table = numbers()
    theirs = lightgbm.train({"verbosity": -1, "objective": "binary"}, lightgbm.Dataset(table, classes_of(table, 2)), 2)
    formula = translation_of("lightgbm", theirs.model_to_string().encode()).formula
    formula["model"]["of"]["trees"]["next"][3] = [0, 0, 0]
    with pytest.raises(ArtifactCorrupt, match="branches of a tree that lead nowhere"):
        Formula(formula)


def test_ubjson_of_every_type():
    content = (
        b"{i\x01a[i\x05U\xffTZD"
        + np.array([1.5], ">f8").tobytes()
        + b"]i\x01b[$d#i\x02"
        + np.array([1, 2], ">f4").tobytes()
    )
    content += b"i\x01c{$i#i\x01i\x01x\x07i\x01sSi\x02hi}"
    found = read_ubjson(content)
    assert (found["a"], found["b"].tolist(), found["c"], found["s"]) == (
        [5, 255, True, None, 1.5],
        [1, 2],
        {"x": 7},
        "hi",
    )
    assert json.dumps(found["a"])


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "regression"},
        {"objective": "regression", "reg_sqrt": True},
        {"objective": "poisson"},
        {"objective": "quantile", "alpha": 0.8},
    ],
    ids=lambda settings: " ".join(map(str, settings.values())),
)
def test_numbers_of_lightgbm(lightgbm, settings):
    table = numbers()
    truth = np.exp(np.nan_to_num(table[:, 0])) + np.nan_to_num(table[:, 1]) ** 2
    quiet = {"verbosity": -1, "min_data_in_leaf": 5, "num_threads": 1}
    theirs = lightgbm.train({**quiet, **settings}, lightgbm.Dataset(table, truth), 20)
    found = answers("lightgbm", theirs.model_to_string().encode(), table)
    np.testing.assert_allclose(found[:, 0], theirs.predict(table), rtol=1e-9)


@pytest.mark.parametrize(
    "objective", ["reg:squarederror", "reg:absoluteerror", "count:poisson", "reg:gamma", "reg:logistic"]
)
def test_numbers_of_xgboost(xgboost, objective):
    table = numbers()
    truth = np.exp(np.nan_to_num(table[:, 0])) + np.nan_to_num(table[:, 1]) ** 2
    truth = truth / truth.max() if objective == "reg:logistic" else truth
    theirs = xgboost.train({"objective": objective, "nthread": 1, "max_depth": 3}, xgboost.DMatrix(table, truth), 20)
    found = answers("xgboost", bytes(theirs.save_raw("ubj")), table)
    np.testing.assert_allclose(found[:, 0], theirs.predict(xgboost.DMatrix(table)), rtol=1e-5, atol=1e-6)
