"""ONNX models that name a file, at any place, are refused before a runtime opens them; others are not."""

import numpy as np
import pytest
from onnx_files import PLACES, counting, external, helper, model, passed_on, reading

from argosy.errors import ArtifactCorrupt, ImportInvalid
from argosy.models.fine_tuning.answering import Answering
from argosy.models.runtime import Declared
from argosy.models.runtimes.onnx import Onnx
from argosy.models.self_contained import DEPTH, why_not_self_contained

FIELDS = Declared(fields={"a": "number", "b": "number"})


@pytest.mark.parametrize("place", PLACES)
def test_a_tensor_in_another_file_is_refused_wherever_it_stands(place):
    assert "another file" in why_not_self_contained(PLACES[place]().SerializeToString())


def test_the_runtime_checks_before_it_loads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_bytes(b"secret")
    pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
    with pytest.raises(ImportInvalid, match="its tensor 'W' is external data, in another file"):
        Onnx(reading("secret").SerializeToString(), FIELDS, ["no", "yes"])


def test_a_whole_model_is_taken():
    assert why_not_self_contained(counting().SerializeToString()) == ""
    assert (
        why_not_self_contained(model([passed_on()], [helper.make_tensor("W", 1, [2], [1.0, 2.0])]).SerializeToString())
        == ""
    )


def test_a_forest_is_taken_with_its_many_numbers():
    skl2onnx = pytest.importorskip("skl2onnx", reason="a development package")
    from sklearn.ensemble import RandomForestClassifier

    rows = np.random.default_rng(0).normal(size=(300, 4))
    forest = RandomForestClassifier(20, random_state=0).fit(rows, (rows[:, 0] * rows[:, 1] > 0).astype(int))
    content = skl2onnx.to_onnx(forest, rows[:1]).SerializeToString()
    assert why_not_self_contained(content) == ""
    assert why_not_self_contained(content[:-1]) != ""


def test_what_is_supplied_may_be_elsewhere_as_an_initializer_of_the_main_graph_once():
    content = reading("artifact").SerializeToString()
    assert why_not_self_contained(content, ["W"]) == ""
    assert why_not_self_contained(content, ["V"]) != ""
    assert why_not_self_contained(PLACES["branches"]().SerializeToString(), ["W"]) != ""
    assert (
        why_not_self_contained(
            model([passed_on()], [external(), external(location="other")]).SerializeToString(), ["W"]
        )
        != ""
    )


def test_our_own_graph_may_not_name_files_either():
    with pytest.raises(ArtifactCorrupt, match="another file"):
        Answering(reading("secret").SerializeToString(), {})


def metadata(key):
    made = model([passed_on()])
    made.metadata_props.add(key=key, value="{}")
    return made.SerializeToString()


def wrapped(number, content):
    """A field that holds a message."""
    length = [(len(content) >> shift & 127) | 128 for shift in (0, 7)] + [len(content) >> 14]
    return bytes([number << 3 | 2, *length]) + content


def nested(depth):
    """A graph in an attribute of a node of a graph, and so on; longer than the package onnx itself would build."""
    graph = b""
    for _ in range(depth // 3 + 1):
        graph = wrapped(1, wrapped(5, wrapped(6, graph)))
    return wrapped(7, graph)


def test_what_else_could_name_a_file_or_is_not_known_is_refused():
    context = helper.make_node("EPContext", ["X"], ["Z"], domain="com.microsoft", ep_cache_context="/etc/passwd")
    plain = model([passed_on()]).SerializeToString()
    cases = {
        "its operator EPContext names a file": model([passed_on(), context]).SerializeToString(),
        "settings of ONNX Runtime": metadata("ort_config"),
        "hold settings": metadata("session.model_external_initializers_file_folder_path"),
        "in ONNX Runtime's own format": b"\x1c\0\0\0ORTM" + plain,
        "a field that is not known here (number 27)": plain + b"\xda\x01\x00",
        "not known here (number 7)": plain + b"\x38\x01",
        "nested more than": nested(DEPTH),
        "not ONNX": b"nothing",
        "cut short": plain[:-1],
        "damaged": b"\x0b" + plain,
        "or cut": b"\x82\x80",
        "ONNX, or damaged": b"\xff" * 11,
    }
    assert [problem for problem, content in cases.items() if problem not in why_not_self_contained(content)] == []
    assert why_not_self_contained(metadata("author")) == ""
