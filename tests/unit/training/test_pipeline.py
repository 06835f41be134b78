"""One definition trained on a fit: its figures, and stopping."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from argosy.errors import FormsDisagree, LeaseLost
from argosy.models.estimators import estimators
from argosy.training.fit import read_fit, write_fit
from argosy.training.pipeline import train
from argosy.training.train_job import fit_key
from argosy.types import Part

sys.path.insert(0, str(Path(__file__).parent))

from fitting import TEXTS, dataset, make


@pytest.fixture
def fit(tmp_path):
    return make(tmp_path)


def trained(fit, model="logistic", check=lambda: None):
    inputs = {part: rows.inputs for part, rows in dataset().parts.items()}
    return train(estimators.get(model).create({}), fit, inputs, check)


@pytest.mark.parametrize("model", ["logistic", "svm", "naive_bayes", "nearest_centroid"])
def test_a_trained_pair_comes_with_its_figures(fit, model):
    measured = trained(fit, model)
    assert set(measured.metrics) == {"validation", "test"}
    accuracy = measured.metrics["test"]["accuracy"]
    assert 0 <= accuracy["low"] <= accuracy["value"] <= accuracy["high"] <= 1
    assert accuracy["value"] == pytest.approx(measured.model.accuracy((TEXTS, dataset().parts[Part.TEST].labels)))
    assert ("log_loss" in measured.metrics["test"]) == (model in ("logistic", "naive_bayes"))
    assert np.sum(measured.confusion["matrix"]) == len(TEXTS)
    assert measured.form["difference"] <= 1e-6
    assert min(measured.predict_us, measured.fit_seconds) > 0


def test_scikit_learn_is_imported_before_the_fits_of_models_that_use_it_alone():
    program = """
import sys
from argosy.models.estimators import estimators
for model, options in (("naive_bayes", {}), ("calibrated", {"of": "nearest_centroid"}), ("calibrated", {"of": "svm"})):
    estimators.get(model).create(options).import_early()
    print(*sorted({"sklearn", "sklearn.svm"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "", "sklearn sklearn.svm"]


def test_scikit_learn_comes_without_pandas_and_rich_and_takes_frames_all_the_same():
    pytest.importorskip("pandas")
    program = """
import sys
from argosy.models.estimators import estimators
estimators.get("logistic").create({}).import_early()
print(sorted({"pandas", "rich"} & set(sys.modules)))
import pandas, rich.progress
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder
frame = pandas.DataFrame({"plan": ["gold", "free"], "age": [1, 2]})
made = ColumnTransformer([("plan", OneHotEncoder(sparse_output=False), ["plan"])]).set_output(transform="pandas")
print(list(made.fit_transform(frame).columns))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['plan__plan_free', 'plan__plan_gold']"]


@pytest.mark.parametrize(
    ("model", "has_scores_alone"), [("svm", True), ("nearest_centroid", True), ("logistic", False)]
)
def test_a_model_of_scores_learns_a_temperature_on_the_validation_part(fit, model, has_scores_alone):
    measured = trained(fit, model)
    temperature = measured.model.temperature
    assert (temperature is not None) is has_scores_alone
    if temperature is not None:
        assert temperature.rows == len(dataset().parts[Part.VALIDATION])
        again = type(measured.model).from_dict(measured.model.to_dict())
        scores = again.scores(TEXTS)
        assert (again.probabilities_of_scores(scores).argmax(axis=1) == scores.argmax(axis=1)).all()
    without = replace(fit, matrices={part: one for part, one in fit.matrices.items() if part is not Part.VALIDATION})
    assert trained(without, model).model.temperature is None


def test_the_adapter_s_seconds_count_as_if_it_were_not_shared(fit):
    assert trained(fit.lasting(1000.0)).fit_seconds > 1000.0


def test_training_stops_between_its_steps(fit):
    def lost():
        raise LeaseLost("another worker has it")

    with pytest.raises(LeaseLost):
        trained(fit, check=lost)


def test_a_served_form_that_differs_is_never_stored(fit):
    with pytest.raises(FormsDisagree, match="differs from the training form"):
        trained(replace(fit, encoding=1e-3))


def test_a_written_fit_trains_to_the_same_bits(fit, tmp_path):
    write_fit(fit, tmp_path / "fit")
    assert trained(read_fit(tmp_path / "fit")).model.to_dict() == trained(fit).model.to_dict()


def test_a_fit_s_key_distinguishes_data_adapter_and_code():
    keys = {fit_key("data", "adapter", ""), fit_key("data2", "adapter", ""), fit_key("data", "adapter", "code")}
    assert len(keys) == 3
    assert fit_key("data", "adapter", "") in keys
