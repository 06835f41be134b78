"""What a folder of JSON lines makes of writers that stop halfway, and of files that are not its own."""

import errno
from contextlib import closing

import pytest

from argosy.errors import DefinitionInvalid, EventLogUnavailable
from argosy.streaming.log import MOST_BYTES
from argosy.streaming.logs.folder import FolderLog
from argosy.testing.expecting import raised


@pytest.fixture
def log(tmp_path):
    log = FolderLog(f"file:{tmp_path}/events")
    log.create("clicks", 1)
    return log


@pytest.fixture
def file(log):
    return log.folder / "clicks" / "0.jsonl"


def events(log, position=0):
    reader = log.reader("clicks", {0: position})
    try:
        return [record.event for some in iter(lambda: reader.read(1000, 0), []) for record in some]
    finally:
        reader.close()


@pytest.mark.parametrize("asked", [2, 4])
def test_a_topic_whose_maker_was_killed_is_made_whole_by_the_next(log, asked):
    """Files are made from the last partition to the first: what is left has no first."""
    folder = log.folder / "views"
    folder.mkdir()
    (folder / "2.jsonl").touch()
    log.create("views", asked)
    assert log.partitions("views") == max(asked, 3)
    log.append("views", [(str(number), b"{}") for number in range(20)])
    assert sum(path.read_bytes().count(b"{}") for path in folder.glob("*.jsonl")) == 20


def test_a_file_that_is_missing_is_an_outage(log):
    log.create("views", 3)
    (log.folder / "views" / "1.jsonl").rename(log.folder / "views" / "3.jsonl")
    said = str(raised(EventLogUnavailable, log.reader, "views", {0: 0, 1: 0}))
    assert said == f"{log.folder}/views/1.jsonl: No such file or directory: the events cannot be read"


def test_a_part_of_a_line_is_not_given_before_its_rest(log, file):
    file.write_bytes(b'{"n": 1}\n{"n": ')
    reader = log.reader("clicks", {0: 0})
    assert [record.event for record in reader.read(10, 0)] == [b'{"n": 1}']
    with file.open("ab") as written:
        written.write(b"2}\n")
    assert [record.event for record in reader.read(10, 0)] == [b'{"n": 2}']
    reader.close()


def test_a_partition_with_many_events_holds_up_no_other(log):
    log.create("views", 2)
    for number, path in enumerate(sorted((log.folder / "views").glob("*.jsonl"))):
        path.write_bytes(b"%d\n" % number * 100)
    with closing(log.reader("views", {0: 0, 1: 0})) as reader:
        assert {record.event for _ in range(2) for record in reader.read(10, 0)} == {b"0", b"1"}


def test_the_end_is_behind_the_last_whole_line(log, file):
    """Who reads up to the end does not wait for a writer that stopped halfway."""
    with closing(log.reader("clicks", {0: 0})) as reader:
        assert reader.ends() == {0: 0}
        file.write_bytes(b'{"a":')
        assert reader.ends() == {0: 0}
        file.write_bytes(b'{"a":1}\n{"a":')
        assert reader.ends() == {0: len(b'{"a":1}\n')}
        file.write_bytes(b'{"a":1}\n{"a":2}\n')
        assert reader.ends() == {0: 2 * len(b'{"a":1}\n')}


def test_what_a_killed_writer_left_is_ended_by_the_next(log, file):
    file.write_bytes(b'{"n": 1}\n{"n": ')
    log.append("clicks", [("", b'{"n": 3}')])
    assert events(log) == [b'{"n": 1}', b'{"n": ', b'{"n": 3}']


def test_lines_that_others_wrote_may_be_too_long(log, file):
    file.write_bytes(b"x" * (2 * MOST_BYTES) + b"\n{}\r\n")
    found = events(log)
    assert b"".join(found[:-1]) == b"x" * (2 * MOST_BYTES)
    assert found[-1] == b"{}"


def test_a_shorter_file_in_its_place_is_read_from_its_start(log, file):
    log.append("clicks", [("", b'{"n": 1}'), ("", b'{"n": 2}')])
    end = file.stat().st_size
    file.write_bytes(b'{"n": 9}\n')
    assert events(log, end) == [b'{"n": 9}']


def test_a_full_disk_leaves_no_part_of_the_events(log, file, monkeypatch):
    log.append("clicks", [("", b'{"n": 1}')])
    before, opened = file.read_bytes(), type(file).open

    class Full:
        def __init__(self, real):
            self.real = real

        def __getattr__(self, name):
            return getattr(self.real, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.real.close()

        def write(self, content):
            if len(content) < 20:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.real.write(content[:10])

    monkeypatch.setattr(type(file), "open", lambda path, *given, **named: Full(opened(path, *given, **named)))
    said = str(raised(EventLogUnavailable, log.append, "clicks", [("", b'{"n": 22222222222}')]))
    monkeypatch.undo()
    assert said.endswith("No space left on device: the events were not appended")
    assert file.read_bytes() == before


@pytest.mark.parametrize("topic", ["../clicks", "a/b", "", ".hidden", "a" * 201, "a\n"])
def test_names_that_are_no_topic_s_are_refused(log, topic):
    for ask in (lambda: log.create(topic, 1), lambda: log.partitions(topic), lambda: log.append(topic, [])):
        raised(DefinitionInvalid, ask)
