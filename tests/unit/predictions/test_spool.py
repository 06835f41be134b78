import errno
import math
import os
import struct
import threading
import zlib
from collections import Counter
from contextlib import ExitStack

import msgspec
import pytest
from spooling import Spooling

from argosy.predictions import frames, segments
from argosy.predictions.drain import drain_once
from argosy.predictions.drainer import follow
from stored.rows import away, column, count, rows
from stored.sqlite_files import refusing


def logged(database):
    return Counter(column(database, "predictions", "id"))


def test_what_was_written_is_drained_once(writer, spool, database, predict):
    made = [predict(f"text {n}") for n in range(5)]
    writer.log(made[:2])
    assert drain_once(spool, database) == 2
    writer.log(made[2:])
    assert drain_once(spool, database) == 3
    assert drain_once(spool, database) == 0
    assert logged(database) == Counter(one.id for one in made)


def test_an_empty_or_missing_folder_drains_to_nothing(spool, database):
    assert drain_once(spool, database) == 0


def test_a_segment_is_removed_when_its_writer_has_ended(writer, spool, database, predict):
    writer.log([predict()])
    drain_once(spool, database)
    assert len(segments.segments_in(spool)) == 1
    writer.close()
    drain_once(spool, database)
    assert list(spool.iterdir()) == []
    assert count(database, "spools") == 0


def test_full_segments_are_followed_by_others(spool, scope, database, predict):
    writer = Spooling(spool, scope, segment_bytes=400)
    made = [predict(f"text {n}") for n in range(10)]
    for one in made:
        writer.log([one])
    assert len(segments.segments_in(spool)) > 3
    assert drain_once(spool, database) == 10
    assert len(segments.segments_in(spool)) <= 1
    writer.close()


def test_what_is_logged_at_once_is_one_write(spool, scope, database, predict):
    sizes = []

    def write(descriptor, data):
        sizes.append(len(data))
        return os.write(descriptor, data)

    writer = Spooling(spool, scope, write=write)

    assert writer.log([predict(f"text {n}") for n in range(50)]) == 50
    writer.close()
    assert len(sizes) == 1
    assert drain_once(spool, database) == 50


def test_a_tail_torn_anywhere_loses_only_what_was_never_answered(spool, scope, database, predict):
    kept, torn = predict("kept"), predict("torn")
    probe = Spooling(spool, scope)
    whole = len(probe.framed([kept]))
    last = len(probe.framed([torn]))
    for cut in range(0, last, 7):
        writer = Spooling(spool, scope)
        writer.log([kept, torn])
        writer.close()
        os.truncate(segments.segments_in(spool)[0], whole + cut)
        drain_once(spool, database)
        assert logged(database) == Counter([kept.id])
        assert segments.segments_in(spool) == []


def test_a_damaged_record_is_set_aside_and_the_rest_is_moved(spool, scope, database, predict):
    writer = Spooling(spool, scope)
    first, second, third = predict(), predict(), predict()
    writer.log([first, second, third])
    path = segments.segments_in(spool)[0]
    data = bytearray(path.read_bytes())
    start = len(writer.framed([first]))
    data[start + 20] ^= 1
    path.write_bytes(data)
    drain_once(spool, database)
    assert logged(database) == Counter([first.id, third.id])
    [kept] = segments.damaged(spool)
    assert kept.read_bytes() == data[start : start + len(writer.framed([second]))]
    writer.close()
    drain_once(spool, database)
    assert list(spool.iterdir()) == [kept]


def test_damage_at_the_end_of_a_segment_is_kept_for_a_human(spool, scope, database, predict):
    writer = Spooling(spool, scope)
    first, second = predict(), predict()
    writer.log([first, second])
    writer.close()
    path = segments.segments_in(spool)[0]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    drain_once(spool, database)
    assert logged(database) == Counter([first.id])
    assert [one.suffix for one in spool.iterdir()] == [".damaged"]


OLD = bytes.fromhex(  # a record as it was written before records had a number: nine fields, byte by byte
    f"99 d92c{'30' * 44} a6746f70696373 03 cb408f400000000000 c0 c0 a573706f7274 cb3fe0000000000000 c403616263"
)


@pytest.mark.parametrize("record", [OLD, b"\x01" + OLD], ids=["unnumbered", "1"])
def test_a_spool_of_a_format_before_is_drained(spool, database, record):
    spool.mkdir()
    (spool / "0-1-00.spool").write_bytes(struct.pack("<II", len(record), zlib.crc32(record)) + record)
    assert drain_once(spool, database) == 1
    found = rows(database, "predictions", "id", "model", "version", "answer", "confidence", "sealed", "token")
    assert found == [("0" * 44, "topics", 3, "sport", 0.5, b"abc", "")]
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("strange", [b"\x03a newer one", b"\x02" + b"\x99" + b"secret" * 3, b"text"])
def test_an_unreadable_record_is_set_aside_and_the_rest_is_moved(spool, scope, database, predict, strange, caplog):
    writer, before, after = Spooling(spool, scope), predict(), predict()
    writer.log([before])
    writer.write([frames.frame(strange)])
    writer.log([after])
    assert drain_once(spool, database) == 2
    assert logged(database) == Counter([before.id, after.id])
    [kept] = segments.damaged(spool)
    assert kept.read_bytes() == frames.frame(strange)
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.name in caplog.text
    assert "secret" not in caplog.text
    writer.close()
    assert drain_once(spool, database) == 0
    assert list(spool.iterdir()) == [kept]
    kept.rename(kept.with_suffix(".spool"))  # for an Argosy that can read it; here it is set aside again
    assert drain_once(spool, database) == 0
    assert [path.read_bytes() for path in spool.iterdir()] == [frames.frame(strange)]


def record(position=None, value=None):
    """A record's bytes, one of its nine fields another."""
    fields = ["0" * 44, "topics", 1, 1.0, None, None, "sport", 0.5, b"sealed"]
    if position is not None:
        fields[position] = value
    return b"\x01" + msgspec.msgpack.encode(fields)


UNSTORABLE = {
    "confidence that is no number": record(7, math.nan),
    "infinite confidence": record(7, math.inf),
    "time that is no number": record(3, math.nan),
    "version of more than 63 bits": record(2, 1 << 63),
    "no answer": record(6, None),
    "text that is no UTF-8": record(6, "?" * 5).replace(b"?" * 5, b"\xed\xa0\x80 -"),
    "nesting without end": record()[:-8] + b"\x91" * 100_000,
}


@pytest.mark.parametrize("name", UNSTORABLE)
def test_an_unstorable_record_is_set_aside_and_the_rest_is_moved(spool, scope, database, predict, name):
    writer, before, after = Spooling(spool, scope), predict(), predict()
    writer.log([before])
    writer.write([frames.frame(UNSTORABLE[name])])
    writer.log([after])
    writer.close()
    assert drain_once(spool, database) == 2
    assert logged(database) == Counter([before.id, after.id])
    assert [path.read_bytes() for path in spool.iterdir()] == [frames.frame(UNSTORABLE[name])]
    assert drain_once(spool, database) == 0


def test_any_text_that_is_one_can_be_stored(writer, spool, database, predict, log):
    made = [
        predict(answer=text.replace("\0", "-"), subject=text, entity=text, client=text)
        for text in ("\0", "a\0b", "\uffff", "\U0001f600")
    ]
    writer.log(made)
    assert drain_once(spool, database) == 4
    assert segments.damaged(spool) == []
    assert [log.get(one.id).subject for one in made] == [one.subject for one in made]


@pytest.mark.sqlite  # its triggers
def test_a_record_that_the_database_refuses_is_set_aside_and_the_rest_is_moved(spool, scope, database, predict, caplog):
    writer = Spooling(spool, scope)
    made = [predict(f"text {n}", answer="refused" if n in (70, 71, 290) else "sport") for n in range(300)]
    writer.log(made)
    writer.close()
    with refusing(database, "predictions", "answer", "refused", "no such answer"):
        assert drain_once(spool, database) == 297
    assert logged(database) == Counter(one.id for one in made if one.answer == "sport")
    assert len(segments.damaged(spool)) == 3
    assert "no such answer" in caplog.text
    for path in segments.damaged(spool):
        path.rename(path.with_suffix(".spool"))
    assert drain_once(spool, database) == 3
    assert list(spool.iterdir()) == []


def test_a_segment_that_cannot_be_read_holds_up_no_other(spool, scope, database, predict):
    spool.mkdir()
    (spool / "0-1-00.spool").mkdir()
    writer = Spooling(spool, scope)
    writer.log([predict()])
    with pytest.raises(IsADirectoryError):
        drain_once(spool, database)
    assert logged(database).total() == 1
    stop = threading.Event()
    stop.set()
    follow(spool, database, stop)
    writer.close()


def test_a_full_disk_leaves_no_empty_segments(spool, scope, predict):
    def write(descriptor, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = Spooling(spool, scope, write=write)
    for _ in range(3):
        assert writer.log([predict()]) == 0
    assert list(spool.iterdir()) == []


def test_a_full_disk_fails_what_was_not_written_and_only_that(spool, scope, database, predict):
    room = [10_000]

    def write(descriptor, data):
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = os.write(descriptor, data[: room[0]])
        room[0] -= taken
        return taken

    writer = Spooling(spool, scope, write=write)
    first, second = predict("first"), predict("second")
    room[0] = len(writer.framed([first])) + 10

    assert writer.log([first, second]) == 1
    assert writer.log([second]) == 0
    room[0] = 10_000
    third = predict("third")
    writer.log([third])
    writer.close()
    drain_once(spool, database)
    assert logged(database) == Counter([first.id, third.id])
    assert segments.segments_in(spool) == []


def test_many_drains_at_once_move_each_prediction_once(spool, scope, database, predict):
    writer = Spooling(spool, scope, segment_bytes=3000)
    made = [predict(f"text {n}") for n in range(300)]
    stop, moved = threading.Event(), []

    def drain():
        while not stop.is_set():
            moved.append(drain_once(spool, database))
        moved.append(drain_once(spool, database))

    threads = [threading.Thread(target=drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for one in made:
        writer.log([one])
    writer.close()
    stop.set()
    for thread in threads:
        thread.join()
    assert sum(moved) == 300
    assert logged(database) == Counter(one.id for one in made)
    assert segments.segments_in(spool) == []


def test_follow_takes_what_was_written_before_it_was_stopped(writer, spool, database, predict):
    stop = threading.Event()
    thread = threading.Thread(target=follow, args=(spool, database, stop, 0.01))
    thread.start()
    writer.log([predict()])
    stop.set()
    thread.join()
    assert logged(database).total() == 1


def test_files_are_for_the_owner_alone(writer, spool, predict):
    writer.log([predict()])
    assert spool.stat().st_mode & 0o077 == 0
    assert segments.segments_in(spool)[0].stat().st_mode & 0o077 == 0


def test_a_drain_outlives_an_outage_of_the_database(writer, spool, database, predict):
    writer.log([predict()])
    stop, turns, outage = threading.Event(), [], ExitStack()
    outage.enter_context(away(database, "predictions"))

    class Watched(threading.Event):
        """Restores the table after a few iterations, and then stops."""

        def wait(self, timeout=None):
            turns.append(1)
            if len(turns) == 3:
                outage.close()
                stop.set()
            return stop.is_set()

    follow(spool, database, Watched())
    assert len(turns) == 3
    assert sum(logged(database).values()) == 1
