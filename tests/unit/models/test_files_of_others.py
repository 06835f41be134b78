"""Files of models that others made, opened as they are, in their own process."""

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from argosy.errors import ImportInvalid
from argosy.models.runtime import Declared
from argosy.models.runtimes import runtime_of

DATA = Path(os.environ.get("ARGOSY_DATA", "../shared/data")) / "models"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="no data: set ARGOSY_DATA")


def opened(form, name, width, classes=()):
    declared = Declared(fields={f"p{number}": "number" for number in range(width)})
    return runtime_of(form, (DATA / name).read_bytes(), declared, list(classes))


def test_a_joblib_file_of_scikit_learn():
    iris = load_iris()
    found = opened("joblib", "sklearn_iris.joblib", 4)
    assert found.classes == ["0", "1", "2"]
    assert (found.answers(iris.data.tolist()).argmax(axis=1) == iris.target).mean() > 0.95


def test_a_pickle_of_a_module_that_is_gone_says_so():
    with pytest.raises(
        ImportInvalid, match=r"No module named 'sklearn\.ensemble\.forest': install the version of the lib"
    ):
        opened("pickle", "sklearn_rf_mnist.pickle", 784)


def test_an_onnx_graph_of_a_tree():
    pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
    found = opened("onnx", "treecl.onnx", 20)
    assert found.classes == ["0", "1", "2"]
    np.testing.assert_allclose(found.answers(np.ones((2, 20)).tolist()).sum(axis=1), 1, atol=1e-5)


def test_an_onnx_graph_of_images_takes_their_points_as_fields():
    pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
    found = opened("onnx", "mnist-8.onnx", 784, map(str, range(10)))
    one = np.zeros((28, 28))
    one[4:24, 13:16] = 255
    assert found.answers([one.ravel().tolist()] * 2).argmax(axis=1).tolist() == [1, 1]
    with pytest.raises(ImportInvalid, match="it takes 784 fields, and 10 are declared"):
        opened("onnx", "mnist-8.onnx", 10, map(str, range(10)))
