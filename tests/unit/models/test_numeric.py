"""Dictionaries of fields as rows of features."""

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from argosy.errors import DatasetInvalid, DefinitionInvalid, InputInvalid
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters.numeric import Numeric
from argosy.testing.fields import labelled_fields

ROWS = [
    {"age": 20, "plan": "free", "note": "late again"},
    {"age": None, "plan": "gold", "note": "thanks"},
    {"age": 40, "plan": None, "note": ""},
    {"age": 60, "plan": "gold"},
]


def fitted(rows=ROWS, **options):
    adapter = Numeric(**{"numbers": ("age",), "categories": ("plan",), "texts": ("note",), **options})
    return adapter.fit(rows, ["a"] * len(rows))


def test_the_blocks_are_concatenated():
    matrix = fitted().transform(ROWS).toarray()
    spread = np.std([20, 40, 60])
    assert matrix[:, 0] == pytest.approx([-20 / spread, 0, 0, 20 / spread])
    assert matrix[:, 1].tolist() == [0, 1, 0, 0], "a missing number is marked"
    assert matrix[:, 2:5].tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 1]], "missing, free, gold"
    assert matrix[:, 5:].shape == (4, 3)
    assert np.linalg.norm(matrix[:, 5:], axis=1) == pytest.approx([1, 1, 0, 0])


def test_without_marks_a_missing_number_is_the_mean():
    matrix = fitted(missing="mean").transform(ROWS).toarray()
    assert matrix.shape == (4, 1 + 2 + 3)
    assert matrix[1, 0] == 0
    assert matrix[2, 1:3].tolist() == [0, 0]


@pytest.mark.parametrize(("scaling", "scaler"), [("standard", StandardScaler()), ("range", MinMaxScaler())])
def test_scaling_is_scikit_learns(scaling, scaler):
    rows = [{"a": float(n % 7), "b": 1000.0 - n, "c": 5} for n in range(30)]
    adapter = Numeric(numbers=("a", "b", "c"), scaling=scaling).fit(rows, ["x"] * 30)
    expected = scaler.fit_transform([[row["a"], row["b"], row["c"]] for row in rows])
    assert adapter.transform(rows).toarray() == pytest.approx(expected, abs=1e-12)


def test_range_stays_between_zero_and_one_on_what_training_never_saw():
    adapter = Numeric(numbers=("age",), scaling="range").fit(ROWS, ["x"] * 4)
    assert adapter.transform([{"age": 1000}, {"age": -5}]).toarray()[:, 0].tolist() == [1, 0]


def test_a_category_never_met_is_no_category():
    adapter = Numeric(categories=("plan",)).fit(ROWS, ["x"] * 4)
    assert adapter.transform([{"plan": "platinum"}]).nnz == 0
    assert adapter.encode({"plan": "platinum"})[0].size == 0


def test_only_the_most_frequent_categories_have_a_column():
    rows = [{"city": city} for city in ["Bonn"] * 5 + ["Oslo"] * 3 + ["Rome"] * 2]
    adapter = Numeric(categories=("city",), max_categories=2).fit(rows, ["x"] * 10)
    assert adapter.categories_ == {"city": ["Bonn", "Oslo"]}


def test_fields_are_found_when_none_is_named():
    inputs, labels = labelled_fields()
    adapter = Numeric().fit(inputs, labels)
    assert adapter.reads == {"amount": "number", "visits": "number", "channel": "category", "note": "text"}


def test_texts_from_a_file_and_numbers_from_json_are_the_same_row():
    adapter = fitted()
    as_json, as_text = {"age": 33, "plan": "gold", "note": "x"}, {"age": "33", "plan": " gold ", "note": "x"}
    assert (adapter.transform([as_json]) != adapter.transform([as_text])).nnz == 0


def test_a_missing_column_is_named():
    with pytest.raises(DatasetInvalid, match="no example has the field 'agee'; there are: age, note, plan"):
        Numeric(numbers=("agee",)).fit(ROWS, ["x"] * 4)


def test_a_text_where_training_needs_a_number():
    with pytest.raises(DatasetInvalid, match="the field 'plan' must be a number, not a text"):
        Numeric(numbers=("plan",)).fit(ROWS, ["x"] * 4)
    with pytest.raises(InputInvalid, match="the field 'age' must be a number"):
        fitted().encode({"age": "old"})


@pytest.mark.parametrize("value", [1.7976931348623157e308, float("inf"), "1e999", 10**400])
@pytest.mark.parametrize("scaling", ["standard", "range", "none"])
def test_numbers_that_cannot_be_computed_with_are_not_learned_from(value, scaling):
    rows = [*({"ratio": n / 10, "plan": "ab"[n % 2]} for n in range(40)), {"ratio": value, "plan": "a"}]
    with pytest.raises(DatasetInvalid, match="the training part: the field 'ratio' must be a number between"):
        Numeric(scaling=scaling).fit(rows, ["x"] * 41)
    with pytest.raises(InputInvalid, match="the field 'ratio' must be a number between"):
        Numeric(scaling=scaling).fit(rows[:-1], ["x"] * 40).encode(rows[-1])


def test_a_field_is_one_thing():
    from argosy.models.adapters import adapters

    with pytest.raises(DefinitionInvalid, match="'age' is named twice"):
        adapters.get("numeric").create({"numbers": ["age"], "categories": ["age"]})


def test_options_of_texts_have_no_effect_without_texts():
    assert set(Numeric.unused({"numbers": ["age"]})) == {"ngrams", "min_count", "max_features"}
    assert Numeric.unused({}) == {}
    assert Numeric.unused({"numbers": ["age"], "texts": ["note"]}) == {}


def test_served_at_full_speed_and_saved(tmp_path):
    inputs, labels = labelled_fields(200)
    model = AdaptedModel.from_names("numeric", {}, "logistic", {}).fit(inputs, labels)
    assert model.served().form == "sparse_linear"
    restored = AdaptedModel.load(model.save(tmp_path / "model"))
    assert restored.classify(inputs) == model.classify(inputs)
    assert restored.accuracy((inputs, labels)) > 0.9
