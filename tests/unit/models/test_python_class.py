"""Models as a class of Python, in their own process."""

import numpy as np
import pytest

from argosy.errors import ImportedModelRefused, ImportInvalid
from argosy.models.runtime import Declared
from argosy.models.runtimes import runtime_of, tensor_runtime_of
from argosy.models.runtimes.python_class import packed_class
from argosy.models.signature import Signature, TensorSpec
from argosy.models.tensor_messages import bytes_array

CODE = """
import json, os, sys

class Model:
    classes = ["no", "yes"]

    def load(self, files):
        self.limit = json.loads(files["data/settings.json"])["limit"]
        self.keys = sorted(os.environ)

    def predict(self, rows):
        if rows[0].get("a") == -1:
            raise RuntimeError(f"secret {rows[0]}")
        if rows[0].get("a") == -2:
            return ["yes"] * len(rows)
        return [[row["a"] <= self.limit, row["a"] > self.limit] for row in rows]
"""
FIELDS = Declared(fields={"a": "number"})


def folder_of(tmp_path, code=CODE):
    (tmp_path / "m" / "data").mkdir(parents=True, exist_ok=True)
    (tmp_path / "m" / "model.py").write_text(code)
    (tmp_path / "m" / "data" / "settings.json").write_text('{"limit": 3}')
    return tmp_path / "m"


def test_it_gets_its_files_and_answers_scores_or_classes(tmp_path):
    content = packed_class(folder_of(tmp_path))
    assert content == packed_class(tmp_path / "m")
    found = runtime_of("python", content, FIELDS, [])
    assert found.classes == ["no", "yes"]
    np.testing.assert_array_equal(found.answers([[2.0], [4.0]]), [[1, 0], [0, 1]])
    np.testing.assert_array_equal(found.answers([[-2.0], [4.0]]), [[0, 1], [0, 1]])
    with pytest.raises(ImportedModelRefused, match=r"^the imported model failed: RuntimeError$"):
        found.answers([[-1.0]])


def test_numbers_and_texts(tmp_path):
    code = """
class Model:
    gives_numbers = True
    def load(self, files): pass
    def predict(self, rows): return [len(row) for row in rows]
"""
    found = runtime_of("python", packed_class(folder_of(tmp_path, code)), Declared(), [])
    assert found.classes == ["value"]
    np.testing.assert_array_equal(found.answers(["abc", "de"]), [[3], [2]])


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("x = 1", "has no class Model with load"),
        ("class Model:\n    def load(self, files): files['gone']\n    def predict(self, rows): pass", "KeyError"),
        ("import nowhere_at_all", "No module named 'nowhere_at_all'"),
        ("def (", "SyntaxError"),
    ],
)
def test_what_it_refuses(tmp_path, code, problem):
    with pytest.raises(ImportInvalid, match=problem):
        runtime_of("python", packed_class(folder_of(tmp_path, code)), Declared(), [])


def test_folders_with_links_or_without_code_are_refused(tmp_path):
    folder = folder_of(tmp_path)
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(ImportInvalid, match="there are links in it"):
        packed_class(folder)
    with pytest.raises(ImportInvalid, match=r"a folder with the file model\.py"):
        packed_class(tmp_path)


def test_with_a_signature_it_takes_and_gives_tensors(tmp_path):
    code = """
class Model:
    def load(self, files):
        pass

    def predict(self, inputs):
        return {"sum": inputs["x"].sum(axis=1), "word": [one.decode() + "!" for one in inputs["word"]]}
"""
    takes = (TensorSpec("x", "FP32", (-1, 2)), TensorSpec("word", "BYTES", (-1,)))
    signature = Signature(takes, (TensorSpec("sum", "INT64", (-1,)), TensorSpec("word", "BYTES", (-1,))))
    runtime = tensor_runtime_of("python", packed_class(folder_of(tmp_path, code)), signature)
    found = runtime.run("serving_default", {"x": np.ones((1, 2), np.float32), "word": bytes_array([b"oil"])})
    assert (found["sum"].dtype, found["sum"].tolist()) == (np.int64, [2])
    assert found["word"].tolist() == [b"oil!"]
    with pytest.raises(ImportedModelRefused, match="the imported model failed: KeyError"):
        runtime.run("serving_default", {"x": np.ones((1, 2), np.float32)})
