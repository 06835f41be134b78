"""What of a SavedModel is run: read without TensorFlow, refused where anything in it could reach a file or run code."""

from importlib.util import find_spec

import pytest
from saved_model_files import (
    FLOAT,
    INITIALIZER,
    SAVER,
    X_TO_Y,
    answering,
    call,
    function,
    function_attribute,
    graph,
    meta_graph,
    node,
    saved_model,
    signature,
    tensor_info,
    tensor_of_any_rank,
    text,
)

from argosy.errors import ImportInvalid
from argosy.models.protocol_buffers import WireMessage, field_bytes
from argosy.models.runtimes import tensor_runtime_of
from argosy.models.runtimes.saved_model import packed_saved_model
from argosy.models.saved_model import operations, read_saved_model
from argosy.models.saved_model_graph import read_graph

DOUBLED = node("y", "AddV2", "x", "x")
FORBIDDEN = (
    "ReadFile", "WriteFile", "MatchingFiles", "SaveV2", "RestoreV2", "PyFunc", "EagerPyFunc", "PyFuncStateless",
    "ImmutableConst", "PrintV2", "DebugIdentity", "TextLineDataset", "TFRecordReaderV2", "DecodeProtoV2", "Send",
    "DataServiceDatasetV2", "RemoteCall", "InitializeTableFromTextFileV2", "LoadAndRemapMatrix", "XlaCallModule",
    "FileSystemSetConfiguration", "WriteSummary", "SymbolicGradient", "Unheard",
)  # fmt: skip


def refusal(content, files=()):
    with pytest.raises(ImportInvalid) as caught:
        read_saved_model(content, files)
    return str(caught.value)


def restoring(reader, saver=SAVER):
    nodes = [DOUBLED, node("path", "Placeholder"), node("v", "VarHandleOp"), *reader]
    return answering(*nodes, saver=saver)


def filling(*nodes, functions=(), assets=(("asset:0", "words.txt"),)):
    nodes = [DOUBLED, node("asset", "Placeholder"), node("table", "HashTableV2"), *nodes]
    return answering(*nodes, functions=functions, signatures=INITIALIZER, assets=assets)


def test_a_tensor_of_an_unknown_rank_is_taken_with_any():
    ranks = signature({"x": tensor_of_any_rank("x:0", FLOAT)}, {"y": tensor_of_any_rank("y:0", FLOAT)})
    found = read_saved_model(answering(DOUBLED, signatures={"serving_default": ranks}), ())
    one = found.signatures["serving_default"]
    assert (str(one), one.is_batched) == ("takes x FP32[...]; gives y FP32[...]", True)
    assert all(one.inputs[0].takes(shape) for shape in ((), (2,), (2, 3, 4)))


def test_its_signature_is_read_and_only_what_answers_it_is_kept():
    saving = node("save", "SaveV2", "path", "y")
    found = read_saved_model(answering(DOUBLED, node("path", "Const"), saving), ())
    assert {name: str(one) for name, one in found.signatures.items()} == {
        "serving_default": "takes x FP32[-1]; gives y FP32[-1]"
    }
    assert found.signatures["serving_default"].is_batched
    assert set(read_graph(memoryview(found.graph)).nodes) == {"x", "y"}
    assert found.tensors["serving_default"].outputs == {"y": "y:0"}


@pytest.mark.parametrize("op", FORBIDDEN)
def test_an_operation_that_reaches_beyond_the_graph_is_refused_in_the_graph_and_in_functions(op):
    assert op not in operations()
    assert op in refusal(answering(node("y", op, "x")))
    assert op in refusal(answering(node("y", "Identity", "x", "^effect"), node("effect", op)))
    inner = function("inner", ["a"], node("read", op, "a"))
    outer = function("outer", ["a"], call("inner", "inner", "a"))
    assert op in refusal(answering(call("y", "outer", "x"), functions=[outer, inner]))
    assert op in refusal(answering(node("y", "inner", "x"), functions=[inner]))
    branch = node("y", "If", "x", "x", attributes=function_attribute("inner", "then_branch"))
    assert op in refusal(answering(branch, functions=[inner]))
    listed = field_bytes(5, text(1, "branches") + field_bytes(2, field_bytes(1, field_bytes(9, text(1, "inner")))))
    assert op in refusal(answering(node("y", "Case", "x", attributes=listed), functions=[inner]))
    given = function_attribute("outer", "f", given=["inner"])
    harmless = function("outer", ["a"])
    assert op in refusal(answering(node("y", "MapDefun", "x", attributes=given), functions=[harmless, inner]))


def test_a_function_that_nothing_calls_is_left_out():
    unused = function("unused", ["a"], node("read", "ReadFile", "a"))
    used = function("used", ["a"], node("same", "Identity", "a"))
    found = read_saved_model(answering(call("y", "used", "x"), functions=[unused, used]), ())
    assert set(read_graph(memoryview(found.graph)).functions) == {"used"}
    assert "'nowhere'" in refusal(answering(call("y", "nowhere", "x")))


def test_variables_are_restored_from_the_models_own_path_alone():
    own = [node("read", "RestoreV2", "path", "path", "path"), node("restored", "AssignVariableOp", "v", "read")]
    found = read_saved_model(restoring(own), ())
    assert (found.restore, found.restore_path) == ("restored", "path:0")
    elsewhere = [node("other", "Const"), node("read", "RestoreV2", "other", "path"), node("restored", "NoOp", "^read")]
    assert "RestoreV2 reads a file that is not one of the model's own" in refusal(restoring(elsewhere))
    second = [node("read", "RestoreV2", "path:1", "path"), node("restored", "NoOp", "^read")]
    assert "RestoreV2 reads a file" in refusal(restoring(second))
    assert "RestoreV2 is not among" in refusal(answering(node("y", "RestoreV2", "x", "x", "x")))


@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize("first", ["path", "v"])
def test_a_function_restores_from_the_path_that_it_is_given(first, is_list):
    restore = function("restore", ["p"], node("read", "RestoreV2", "p", "p", "p"), list_argument=is_list)
    content = graph([node("x", "Placeholder"), DOUBLED, node("path", "Placeholder"), node("v", "VarHandleOp"),
                     call("restored", "restore", first)], [restore])  # fmt: skip
    model = saved_model(meta_graph(content, saver=SAVER))
    if first == "path" and not is_list:
        assert read_saved_model(model, ()).restore == "restored"
    else:
        assert "RestoreV2 reads a file that is not one of the model's own" in refusal(model)


def test_a_table_is_filled_from_an_asset_also_through_a_variable():
    direct = filling(node("filled", "InitializeTableFromTextFileV2", "table", "asset"))
    assert read_saved_model(direct, ["assets/words.txt"]).assets == {"asset:0": "assets/words.txt"}
    inner = function("fill", ["p", "t"], node("fill", "InitializeTableFromTextFileV2", "t", "p"))
    copied = [node("v", "VarHandleOp"), node("assign", "AssignVariableOp", "v", "asset"),
              node("read", "ReadVariableOp", "v", "^assign"), call("filled", "fill", "read", "table")]  # fmt: skip
    found = read_saved_model(filling(*copied, functions=[inner]), ["assets/words.txt"])
    assert found.assets == {"asset:0": "assets/words.txt", "read:0": "assets/words.txt"}
    assert found.initialize == "filled"


def test_a_table_is_filled_from_no_other_file():
    other = filling(node("other", "Const"), node("filled", "InitializeTableFromTextFileV2", "table", "other"))
    assert "InitializeTableFromTextFileV2 reads a file" in refusal(other, ["assets/words.txt"])
    own = node("filled", "InitializeTableFromTextFileV2", "table", "asset")
    for name in ("../../etc/passwd", "/etc/passwd", "missing.txt"):
        assert "is not in the folder assets" in refusal(filling(own, assets=[("asset:0", name)]), ["assets/words.txt"])


def test_several_signatures_are_kept_with_their_methods_and_those_that_cannot_be_served_are_not():
    text_in = {"inputs": tensor_info("x:0", 7, -1)}
    given = {
        "regress": signature(text_in, {"outputs": tensor_info("y:0", FLOAT, -1, 1)}, "tensorflow/serving/regress"),
        "complex": signature({"x": tensor_info("x:0", 8, -1)}, {"y": tensor_info("y:0", FLOAT)}),
        "serving_default": X_TO_Y,
    }
    found = read_saved_model(answering(DOUBLED, signatures=given), ()).signatures
    assert {name: one.method for name, one in found.items()} == {"regress": "regress", "serving_default": ""}
    assert "datatype that is not served" in refusal(answering(DOUBLED, signatures={"only": given["complex"]}))
    assert "no signature" in refusal(answering(DOUBLED, signatures={}))


DAMAGED = {
    "no message": b"\x0b",
    "cut short": answering(DOUBLED)[:-4],
    "no graph": b"",
    "training alone": answering(DOUBLED, tags=["train"]),
    "two for serving": saved_model(*[meta_graph(graph([node("x", "Placeholder"), DOUBLED]))] * 2),
    "a missing node": answering(node("z", "Identity", "x")),
    "a node twice": answering(DOUBLED, DOUBLED),
    "an operation twice": answering(DOUBLED + text(2, "NoOp")),
    "two graphs": saved_model(meta_graph(graph([node("x", "Placeholder"), DOUBLED])) + field_bytes(2, b"")),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_in_one_line(name):
    said = refusal(DAMAGED[name])
    assert said.startswith("the file saved_model.pb ")
    assert "\n" not in said


def test_every_prefix_of_a_file_is_refused_or_read():
    content = answering(DOUBLED)
    assert WireMessage(memoryview(content)).parts(2)
    for end in range(len(content)):
        assert "saved_model.pb" in refusal(content[:end])


def test_a_folder_is_packed_without_what_is_not_needed_and_without_links(tmp_path):
    for name in ("saved_model.pb", "fingerprint.pb", "variables/variables.index", "assets/a.txt", "assets.extra/b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    packed = packed_saved_model(tmp_path)
    assert packed == packed_saved_model(tmp_path)
    assert b"fingerprint" not in packed
    assert b"assets.extra" not in packed
    assert b"variables.index" in packed
    (tmp_path / "assets" / "link").symlink_to("/etc/passwd")
    with pytest.raises(ImportInvalid, match="there are links in it"):
        packed_saved_model(tmp_path)


def test_its_process_refuses_it_before_tensorflow_is_imported(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(answering(node("y", "ReadFile", "x")))
    with pytest.raises(ImportInvalid, match="the graph's operation ReadFile is not among those that are run here"):
        tensor_runtime_of("savedmodel", packed_saved_model(tmp_path), None)
    with pytest.raises(ImportInvalid, match="the archive of the model's files is damaged: BadZipFile"):
        tensor_runtime_of("savedmodel", b"no archive", None)


@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="TensorFlow is installed")
def test_without_tensorflow_its_process_says_what_to_install(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(answering(DOUBLED))
    with pytest.raises(ImportInvalid, match=r"needs the package 'tensorflow': pip install 'argosy\[tensorflow\]'"):
        tensor_runtime_of("savedmodel", packed_saved_model(tmp_path), None)
