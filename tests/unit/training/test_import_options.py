"""Invalid declarations of an imported model are refused with the names of the caller's options."""

from pathlib import Path

import pytest

from argosy.errors import DefinitionInvalid, ImportInvalid
from argosy.training.imported_adapters import check_classes
from argosy.training.importing import import_model, parse_input


def as_option(option, value):
    return f"--{option} {value}".strip()


@pytest.mark.parametrize(
    ("text", "problem"),
    [("words", "expected text, text:FIELD"), ("{fields: 3}", "expected fields, each a number, category, text")],
)
def test_what_it_takes(text, problem):
    with pytest.raises(DefinitionInvalid, match=f"^takes='{text}': {problem}"):
        parse_input(text)
    with pytest.raises(DefinitionInvalid, match=f"^--takes {text}: {problem}"):
        parse_input(text, as_option)


@pytest.mark.parametrize(("spelled", "said"), [({}, "allow_pickle=True"), ({"spelled": as_option}, "--allow_pickle")])
def test_a_pickle_is_not_opened_unasked(tmp_path, spelled, said):
    path = Path(tmp_path) / "model.pickle"
    path.write_bytes(b"x")
    with pytest.raises(ImportInvalid, match=f"if you trust it, {said}$"):
        import_model(None, path, "pickle", "shop", **spelled)


def test_types_are_trusted_in_skops_files_alone(tmp_path):
    path = Path(tmp_path) / "model.onnx"
    path.write_bytes(b"x")
    with pytest.raises(ImportInvalid, match=r"trusted=.copy\.copy. is for skops, and this is onnx: leave it out"):
        import_model(None, path, "onnx", "shop", trusted=["copy.copy"])


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_classes_are_such_as_databases_keep(name):
    with pytest.raises(ImportInvalid, match="the model's classes cannot be kept as labels: "):
        check_classes(["money", name], ())
