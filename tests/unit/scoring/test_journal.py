"""The progress of an output: resumed after any end, started again if something has changed."""

import msgspec
import pytest

from argosy.errors import OutputInUse
from argosy.scoring.journal import Journal, JournalHeader

HEADER = JournalHeader("/data/in.csv", 100, 5, "topics", ["csv"])


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out.csv"


@pytest.fixture
def begun(output):
    """Two batches are in the output, and a third has its time."""
    with Journal(output) as journal:
        assert not journal.go_on(HEADER)
        journal.begin(HEADER, "label", "topics@3")
        for number, data in enumerate([b"one\n", b"two\n"]):
            assert journal.moment(number, 10.0 + number) == 10.0 + number
            journal.add(number, data, 2, number)
        journal.moment(2, 12.0)
        return journal.seed


def left(output):
    return sorted(path.name for path in output.parent.iterdir())


def test_it_resumes_where_it_stopped(output, begun):
    with Journal(output) as journal:
        assert journal.go_on(HEADER)
        assert (journal.batches, journal.done.rows, journal.done.problems) == (2, 4, 1)
        assert (journal.label, journal.reference, journal.seed) == ("label", "topics@3", begun)
        assert journal.moment(2, 99.0) == 12.0
        journal.add(2, b"three\n", 1, 0)
        journal.settle(journal.partial)
    assert output.read_bytes() == b"one\ntwo\nthree\n"
    assert left(output) == ["out.csv"]
    assert output.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("torn", [b'{"batch":2,"size":8', b"\x00\x00\x00\n", b"three"])
def test_a_partial_batch_of_a_crash_is_removed(output, begun, torn):
    progress, partial = output.with_name(".out.csv.progress"), output.with_name(".out.csv.partial")
    progress.write_bytes(progress.read_bytes() + torn)
    partial.write_bytes(partial.read_bytes() + b"thr")
    with Journal(output) as journal:
        assert journal.go_on(HEADER)
        assert journal.batches == 2
        journal.add(2, b"three\n", 1, 0)
    assert partial.read_bytes() == b"one\ntwo\nthree\n"
    with Journal(output) as journal:
        assert journal.go_on(HEADER)
        assert journal.batches == 3


@pytest.mark.parametrize("content", [b"", b"one\n", b"one\nTWO\n", b"\x00" * 8])
def test_a_damaged_output_is_written_again_with_the_same_ids(output, begun, content):
    output.with_name(".out.csv.partial").write_bytes(content)
    with Journal(output) as journal:
        assert journal.go_on(HEADER)
        assert (journal.batches, journal.seed) == (0, begun)
        assert output.with_name(".out.csv.partial").stat().st_size == 0


@pytest.mark.parametrize("change", [{"size": 101}, {"modified_ns": 6}, {"asked": "topics@2"}, {"options": ["jsonl"]}])
def test_a_different_input_or_option_starts_again(output, begun, change):
    other = msgspec.structs.replace(HEADER, **change)
    with Journal(output) as journal:
        assert not journal.go_on(other)
        journal.begin(other, "label", "topics@3")
        assert journal.batches == 0
        assert journal.seed != begun
    with Journal(output) as journal:
        assert journal.go_on(other)
        assert journal.batches == 0


def test_one_process_at_a_time(output, begun):
    second = Journal(output)
    with Journal(output) as journal:
        assert journal.go_on(HEADER)
        with pytest.raises(OutputInUse, match="another process is writing it"):
            second.__enter__()


def test_an_error_before_the_first_row_leaves_nothing(output):
    def fail():
        with Journal(output) as journal:
            journal.begin(HEADER, "label", "topics@3")
            raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        fail()
    assert left(output) == []
