"""Models that were trained elsewhere: the same answers as in their library, and what is refused in one line."""

import copy
import hashlib
import io
import os
import pickle
import select
import signal
import zipfile

import joblib
import numpy as np
import pytest
from onnx_files import reading
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from argosy.errors import ArtifactCorrupt, DefinitionInvalid, ImportedModelFailed, ImportedModelRefused, ImportInvalid
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters.imported import Imported
from argosy.models.estimators.imported import ForwardedScores
from argosy.models.runtime import Declared
from argosy.models.runtimes import runtime_of
from argosy.testing.texts import labelled_texts
from argosy.testing.waiting import PATIENCE

skops_io = pytest.importorskip("skops.io", reason="the extra 'import' is not installed")
skl2onnx = pytest.importorskip("skl2onnx", reason="a development package")
TEXTS, LABELS = labelled_texts(60)
CODES = np.unique(LABELS, return_inverse=True)[1]
NUMBERS = np.random.default_rng(0).normal(size=(60, 2)) + 2 * CODES[:, None]
ROWS = [{"a": float(a), "b": float(b)} for a, b in NUMBERS]
FIELDS = Declared(fields={"a": "number", "b": "number"})


def text_pipeline(model=None):
    return make_pipeline(TfidfVectorizer(lowercase=False), model or LogisticRegression()).fit(TEXTS, LABELS)


def joblibbed(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    return file.getvalue()


def pair(form, content, **options):
    classes = tuple(options.pop("classes", sorted(set(LABELS))))
    adapter = Imported(form, hashlib.sha256(content).hexdigest(), classes, **options).take(content)
    return AdaptedModel(adapter, ForwardedScores(), sorted(classes))


@pytest.mark.parametrize(("form", "dumped"), [("skops", skops_io.dumps), ("pickle", pickle.dumps)])
def test_a_pipeline_over_texts_answers_as_it_did_and_after_being_stored(form, dumped, tmp_path):
    theirs = text_pipeline()
    ours = pair(form, dumped(theirs))
    loaded = AdaptedModel.load(ours.save(tmp_path / "model"))
    for model in (ours, loaded):
        np.testing.assert_allclose(model.predict_proba(TEXTS[:9]), theirs.predict_proba(TEXTS[:9]), atol=1e-12)
    assert AdaptedModel.from_dict(ours.to_dict()).to_dict() == ours.to_dict()


def test_decision_values_are_scores_of_both_classes():
    two = [str(label == LABELS[0]) for label in LABELS]
    model = make_pipeline(TfidfVectorizer(), LinearSVC()).fit(TEXTS, two)
    found = runtime_of("skops", skops_io.dumps(model), Declared(), [])
    assert found.classes == ["False", "True"]
    answers = found.answers(TEXTS[:5])
    assert (answers.argmax(axis=1) == (model.decision_function(TEXTS[:5]) > 0)).all()


@pytest.mark.parametrize("zipmap", [True, False])
def test_onnx_over_numbers_in_one_tensor(zipmap):
    from skl2onnx.common.data_types import FloatTensorType

    theirs = LogisticRegression().fit(NUMBERS, LABELS)
    graph = skl2onnx.to_onnx(theirs, initial_types=[("X", FloatTensorType([None, 2]))], options={"zipmap": zipmap})
    ours = pair("onnx", graph.SerializeToString(), fields=dict(FIELDS.fields))
    np.testing.assert_allclose(ours.predict_proba(ROWS), theirs.predict_proba(NUMBERS), atol=1e-5)
    assert ours.classify(ROWS) == theirs.predict(NUMBERS).tolist()


def test_onnx_over_texts():
    from skl2onnx.common.data_types import StringTensorType

    theirs = text_pipeline(MultinomialNB())
    graph = skl2onnx.to_onnx(theirs, initial_types=[("text", StringTensorType([None, 1]))])
    ours = pair("onnx", graph.SerializeToString())
    plain = [
        text for text in TEXTS if text.isascii() and text.replace(" ", "").isalpha()
    ]  # other words are split differently
    np.testing.assert_allclose(ours.predict_proba(plain), theirs.predict_proba(plain), atol=1e-4)


def identity(width, first=None):
    """A hand-made graph that returns its rows."""
    from onnx import TensorProto, helper

    shape = [first, width]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("X", "Y")]
    graph = helper.make_graph([helper.make_node("Identity", ["X"], ["Y"])], "graph", ends[:1], ends[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def unreleased(opset, ir_version):
    """A graph of a version that no ONNX Runtime supports."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 2]) for name in ("X", "Y")]
    graph = helper.make_graph([helper.make_node("Identity", ["X"], ["Y"])], "graph", ends[:1], ends[1:])
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version
    ).SerializeToString()


def of_numbers(columns):
    return LogisticRegression().fit(np.eye(columns), np.arange(columns) % 2)


def of_columns(*names):
    import pandas as pd

    return LogisticRegression().fit(pd.DataFrame(np.eye(len(names)), columns=names), np.arange(len(names)) % 2)


def multiplying(rows):
    """A graph of any width that multiplies with a matrix of this many rows."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None]) for name in ("X", "Y")]
    matrix = helper.make_tensor("W", TensorProto.FLOAT, [rows, 2], [1.0] * (2 * rows))
    graph = helper.make_graph([helper.make_node("MatMul", ["X", "W"], ["Y"])], "graph", ends[:1], ends[1:], [matrix])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def test_errors_of_shapes_have_the_number_of_fields():
    model = runtime_of("onnx", multiplying(5), FIELDS, ["no", "yes"])
    with pytest.raises(ImportedModelFailed, match=r"while running MatMul node.* dimension mismatch \(2 declared\)"):
        model.answers([[1.0, 2.0]])


def test_the_place_in_onnx_runtimes_own_source_does_not_come_before_the_cause():
    with pytest.raises(ImportInvalid) as refused:
        runtime_of("onnx", unreleased(17, 99), FIELDS, [])
    assert str(refused.value).startswith("the file cannot be read as ONNX: Fail: Unsupported model IR version")


def test_an_answer_that_is_not_a_number_is_none():
    model = pair("onnx", identity(2), fields=dict(FIELDS.fields), classes=("no", "yes"))
    assert model.classify([{"a": 0.2, "b": 0.8}]) == ["yes"]
    with pytest.raises(ImportedModelRefused, match="no number for 1 of 2 inputs: a missing"):
        model.scores([{"a": 0.2, "b": 0.8}, {"a": None, "b": 1}])
    with pytest.raises(ImportedModelRefused, match=r"gave no number$"):
        model.scores([{"a": 1e99, "b": 1.0}])  # more than a float of four bytes can be


def test_a_graph_for_one_row_is_called_row_by_row():
    found = runtime_of("onnx", identity(2, 1), FIELDS, ["no", "yes"])
    assert found.answers([[1.0, 2.0], [3.0, 4.0]]).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("form", "content", "declared", "problem"),
    [
        ("onnx", b"nothing", FIELDS, "cannot be read as ONNX"),
        ("onnx", identity(2)[:20], FIELDS, "cannot be read as ONNX"),
        ("onnx", identity(3), FIELDS, "it takes 3 fields, and 2 are declared"),
        ("onnx", unreleased(99, 9), FIELDS, "Opset 99 is under development"),
        ("onnx", unreleased(17, 99), FIELDS, "Unsupported model IR version: 99"),
        ("skops", skops_io.dumps(of_numbers(3)), FIELDS, "the model was fitted on 3 fields, and 2 are declared"),
        ("skops", skops_io.dumps(of_columns("a", "c")), FIELDS, "fitted on the fields a, c; declared are a, b"),
        ("onnx", identity(2), Declared(), "texts are declared"),
        ("skops", b"PK nothing", Declared(), "cannot be read as skops"),
        ("skops", skops_io.dumps(text_pipeline())[:400], Declared(), "cannot be read as skops"),
        ("skops", skops_io.dumps({"no": "model"}), Declared(), "a dict, which cannot predict"),
        ("pickle", b"csklearn.nowhere\nForest\n.", Declared(), "No module named 'sklearn.nowhere'"),
        ("joblib", joblibbed(text_pipeline())[:300], Declared(), "cannot be opened"),
    ],
)
def test_a_bad_file_is_refused_in_a_line(form, content, declared, problem):
    with pytest.raises(ImportInvalid) as refused:
        runtime_of(form, content, declared, [])
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_type_that_skops_does_not_trust_is_named_and_may_be_allowed():
    content = skops_io.dumps(make_pipeline(FunctionTransformer(copy.copy), *text_pipeline()).fit(TEXTS, LABELS))
    with pytest.raises(ImportInvalid, match=r"not trusted: copy\.copy; each is let in by being named"):
        runtime_of("skops", content, Declared(), [])
    names = tuple(skops_io.get_untrusted_types(data=content))
    assert len(runtime_of("skops", content, Declared(), [], names).answers(TEXTS[:2])) == 2


def test_a_vectorizer_that_reads_files_is_refused():
    asked = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    asked.named_steps["tfidfvectorizer"].input = "filename"  # each text would be read as a file name
    for form, dumped in (("skops", skops_io.dumps), ("pickle", pickle.dumps)):
        with pytest.raises(ImportInvalid, match="names of files"):
            runtime_of(form, dumped(asked), Declared(), [])


def test_a_skops_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(5):
            file.writestr(f"{number}.npy", bytes(1000))
    entry, size = b"PK\x01\x02", 24  # the place of an entry's unpacked size in the directory
    first, *rest = content.getvalue().split(entry)
    bomb = entry.join([first, *(one[: size - 4] + (1 << 30).to_bytes(4, "little") + one[size:] for one in rest)])
    with pytest.raises(ImportInvalid, match=r"unpacks to 5,368,709,120 bytes in 5 parts"):
        runtime_of("skops", bomb, Declared(), [])


def test_arrays_that_are_declared_larger_than_memory_are_an_error_of_the_file():
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops_io.dumps(text_pipeline()))) as good, zipfile.ZipFile(content, "w") as bad:
        for member in good.infolist():
            data = good.read(member)
            if member.filename.endswith(".npy"):
                header = io.BytesIO()
                np.lib.format.write_array_header_1_0(
                    header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)}
                )
                data = header.getvalue() + bytes(8)
            bad.writestr(member.filename, data)
    with pytest.raises(ImportInvalid, match="cannot be read as skops"):
        runtime_of("skops", content.getvalue(), Declared(), [])


def test_a_stored_model_that_names_a_file_is_refused_when_it_is_loaded(tmp_path):
    content = reading(".argosy/keys/examples.key").SerializeToString()
    ours = pair("onnx", content, fields=dict(FIELDS.fields), classes=("no", "yes"))
    loaded = AdaptedModel.load(ours.save(tmp_path / "model"))
    with pytest.raises(ImportInvalid, match="another file"):
        loaded.scores([{"a": 1.0, "b": 2.0}])


class Spy:
    """Runs when it is unpickled: it raises an error with what it can see."""

    def __reduce__(self):
        reported = "__import__('os')"
        program = f"(_ for _ in ()).throw(ValueError(repr(({reported}.getpid(), sorted({reported}.environ)))))"
        return eval, (program,)


def test_a_pickle_is_opened_in_another_process_without_our_secrets(monkeypatch):
    monkeypatch.setenv("ARGOSY_KEY_EXAMPLES", "secret")
    with pytest.raises(ImportInvalid, match="ValueError") as refused:
        runtime_of("pickle", pickle.dumps(Spy()), Declared(), [])
    said = str(refused.value)
    assert f"({os.getpid()}," not in said
    assert "ARGOSY" not in said
    assert "PYTHONPATH" in said


def test_a_killed_process_is_started_once_more_and_then_it_is_an_error():
    theirs = text_pipeline()
    runtime = runtime_of("pickle", pickle.dumps(theirs), Declared(), [])
    first = runtime._process
    os.kill(first._process.pid, signal.SIGKILL)
    hung_up = select.poll()
    hung_up.register(first._process.stdout, 0)  # the end of the pipe is always reported: its last process has ended
    assert hung_up.poll(PATIENCE * 1000)
    np.testing.assert_allclose(runtime.answers(TEXTS[:3]), theirs.predict_proba(TEXTS[:3]))
    assert runtime._process is not first
    mortal = runtime_of("pickle", pickle.dumps(Mortal()), Declared(), ["a", "b"])
    with pytest.raises(ImportedModelFailed, match="ended with code 3"):
        mortal.answers(["asked"])


class Mortal:
    """Ends its process when it predicts; found by name in the child, which has our import path."""

    def __reduce__(self):
        return eval, ("type('M', (), {'predict': lambda self, rows: __import__('os')._exit(3)})()",)


def test_the_process_ends_with_its_last_user():
    runtime = runtime_of("joblib", joblibbed(text_pipeline()), Declared(), [])
    process = runtime._process._process
    assert process.poll() is None
    del runtime
    process.wait(PATIENCE)


def test_changed_bytes_and_training_are_refused():
    model = pair("skops", skops_io.dumps(text_pipeline()))
    with pytest.raises(DefinitionInvalid, match="no definition to train"):
        model.adapter.fit(TEXTS, LABELS)
    changed = Imported(**model.adapter.arguments).take(b"other")
    with pytest.raises(ArtifactCorrupt, match="not those that were imported"):
        changed.transform(["a"])
