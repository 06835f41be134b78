"""Examples out of Parquet files: columns by their names, times, fields, and files that are none."""

import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argosy.datasets.files import Columns, read_file
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
    first, second = read_file(path, Columns(fields=("age", "price")))
    assert (first.input, first.label) == ({"age": 3, "price": 1.5}, "1")
    assert second.input == {"age": None, "price": 2.25}


def test_a_column_of_bytes_is_told_by_row(write):
    path = write(text=[b"\xff\x00", b"x"], label=["a", "b"])
    with pytest.raises(ExamplesInvalid, match=r"2 bad rows.*line 1: 'text' holds a bytes"):
        list(read_file(path))


def test_what_is_no_parquet_file(write, tmp_path):
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
