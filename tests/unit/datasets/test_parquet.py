"""Examples from Parquet files: columns by name, times, fields, and invalid files."""

import json
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import read_file
from argosy.errors import ExamplesInvalid, ExtraMissing


@pytest.fixture
def write(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    def one(**columns):
        parquet.write_table(pyarrow.table(columns), tmp_path / "rows.parquet", row_group_size=1000)
        return tmp_path / "rows.parquet"

    return one


def test_rows_in_order_with_their_times(write):
    times = [datetime(2026, 1, 1 + n % 28, tzinfo=UTC) for n in range(5000)]
    path = write(message=[f"text {n}" for n in range(5000)], label=["a", "b"] * 2500, created_at=times)
    found = list(read_file(path))
    assert [one.input for one in found] == [f"text {n}" for n in range(5000)]
    assert (found[3].label, found[3].row, found[3].seen_at) == ("b", 4, times[3].timestamp())


def test_fields_and_numbers(write):
    path = write(age=[3, None], price=[Decimal("1.50"), Decimal("2.25")], label=[1, 0])
    first, second = read_file(path, FileOptions(Columns(fields=("age", "price"))))
    assert (first.input, first.label) == ({"age": 3, "price": 1.5}, "1")
    assert second.input == {"age": None, "price": 2.25}


def test_a_column_of_bytes_that_is_read_is_named_by_row(write):
    path = write(text=[b"\xff\x00", b"x"], label=["a", "b"])
    with pytest.raises(ExamplesInvalid, match=r"2 bad rows.*row 1: 'text' holds a bytes"):
        list(read_file(path))


def test_an_invalid_parquet_file(write, tmp_path):
    whole = write(text=["a", "b"], label=["x", "y"]).read_bytes()
    for content in (b"", b"text,label\n", whole[:100], whole[50:]):
        (tmp_path / "bad.parquet").write_bytes(content)
        with pytest.raises(ExamplesInvalid, match="no Parquet file, or damaged"):
            list(read_file(tmp_path / "bad.parquet"))


def test_without_the_extra_the_command_to_install_it(tmp_path, monkeypatch):
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'argosy\[parquet\]'"):
        list(read_file(tmp_path / "rows.parquet"))


def test_identities_are_exact_and_labels_have_one_form(write):
    subjects = [Decimal("90071992547409937.5"), None]
    path = write(text=["a", "b"], label=[1.0, 0.0], subject=subjects, source=[2**60 + 1, 2])
    assert [(one.label, one.subject, one.source) for one in read_file(path)] == [
        ("1", "90071992547409937.5", str(2**60 + 1)),
        ("0", None, "2"),
    ]


def test_floating_point_numbers_name_nobody(write):
    with pytest.raises(ExamplesInvalid, match=r"1 bad row.*row 1: the subject is the floating-point number 17.0"):
        list(read_file(write(text=["a", "b"], label=["x", "y"], subject=[17.0, None])))


def test_a_short_file_that_stands_for_much_is_refused(write, tmp_path, monkeypatch):
    import pyarrow
    from pyarrow import parquet

    shared = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 1000, pyarrow.int32()), ["x" * 17_000_000])
    table = pyarrow.table({"text": shared, "label": ["a"] * 1000})
    parquet.write_table(table, tmp_path / "much.parquet", dictionary_pagesize_limit=1 << 30)
    assert (tmp_path / "much.parquet").stat().st_size < 2_000_000
    with pytest.raises(ExamplesInvalid, match="row group 1 has a text of 17,000,000 bytes, over the limit"):
        list(read_file(tmp_path / "much.parquet"))
    monkeypatch.setattr("argosy.datasets.parquet.GROUP_BYTES", 1000)
    with pytest.raises(ExamplesInvalid, match=r"row group 1 has [\d,]+ bytes, over the limit of 1,000"):
        list(read_file(write(text=[f"text {n}" for n in range(1000)], label=["a", "b"] * 500)))


def test_a_column_that_nobody_reads_may_hold_anything(write):
    path = write(text=["a", "b"], label=["x", "y"], image=[b"\xff", b"x"], nothing=[None, None])
    reading = read_file(path)
    assert [row.input for row in reading] == ["a", "b"]
    assert reading.columns == {"text": "text", "label": "label"}


@pytest.mark.parametrize("label", [[float("nan"), 1.0], [float("inf"), 1.0], [None, 1.0], [[float("nan")], [1.0]]])
def test_a_number_that_is_none_is_no_label(write, label):
    with pytest.raises(ExamplesInvalid, match="row 1: there is no label"):
        list(read_file(write(text=["a", "b"], label=label)))


def test_columns_of_one_name_are_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = [pyarrow.array(["a"]), pyarrow.array(["x"]), pyarrow.array(["y"])]
    parquet.write_table(pyarrow.Table.from_arrays(columns, ["text", "label", "label"]), tmp_path / "twice.parquet")
    with pytest.raises(ExamplesInvalid, match="two columns are called 'label'"):
        list(read_file(tmp_path / "twice.parquet"))


def as_hugging_face(tmp_path, features, **columns):
    """A file as `datasets` writes it: numbers of classes, and their names in the metadata."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table(columns)
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(table.replace_schema_metadata(metadata), tmp_path / "hub.parquet")
    return tmp_path / "hub.parquet"


TEXT = {"dtype": "string", "_type": "Value"}
CLASSES = {"names": ["neg", "pos"], "_type": "ClassLabel"}


def test_classes_of_hugging_face_have_their_names(tmp_path):
    path = as_hugging_face(tmp_path, {"text": TEXT, "label": CLASSES}, text=["a", "b"], label=[1, 0])
    assert [row.label for row in read_file(path)] == ["pos", "neg"]


def test_minus_one_is_no_label(tmp_path):
    path = as_hugging_face(tmp_path, {"text": TEXT, "label": CLASSES}, text=["a", "b", "c"], label=[1, -1, None])
    with pytest.raises(ExamplesInvalid, match=r"2 bad rows.*row 2: there is no label; row 3: there is no label"):
        list(read_file(path))
    assert [row.label for row in read_file(path, FileOptions(skip_bad=True))] == ["pos"]


@pytest.mark.parametrize("feature", [[CLASSES], {"feature": CLASSES, "_type": "Sequence", "length": -1}])
def test_lists_of_classes_have_their_names(tmp_path, feature):
    path = as_hugging_face(tmp_path, {"text": TEXT, "labels": feature}, text=["a", "b"], labels=[[1, 0], []])
    assert [row.label for row in read_file(path)] == ['["neg","pos"]', "[]"]


def test_a_class_without_a_name_is_a_bad_row(tmp_path):
    path = as_hugging_face(tmp_path, {"text": TEXT, "label": CLASSES}, text=["a"], label=[7])
    with pytest.raises(ExamplesInvalid, match="row 1: its label is the number of a class without a name"):
        list(read_file(path))


def test_a_path_leads_into_a_struct(write):
    path = write(payload=[{"text": "a", "who": 7}], meta=[{"y": ["x"]}])
    (row,) = read_file(path, FileOptions(Columns("payload.text", "meta.y.0", subject="payload.who")))
    assert (row.input, row.label, row.subject) == ("a", "x", "7")
