"""The lease that a worker process records for its keeper."""

from pathlib import Path

import pytest

from argosy.jobs.job import LeaseKey
from argosy.jobs.lease_note import LeaseNote
from argosy.jobs.queue import Queue
from argosy.testing.leases import leased


def test_what_was_written_last_is_read(database, tmp_path):
    queue = Queue(database)
    with database.write() as transaction:
        queue.submit(transaction, "train", "job", {})
    lease = leased(queue, "job")
    writer, reader = LeaseNote(tmp_path / "lease"), LeaseNote(tmp_path / "lease")
    assert reader.read() is None
    writer.write(lease)
    assert reader.read() == lease.key == LeaseKey(lease.job.id, 1)
    writer.write(None)
    assert reader.read() is None
    assert (tmp_path / "lease").stat().st_size == 16
    writer.close()
    reader.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_room_is_taken_before_there_is_a_lease(tmp_path):
    (tmp_path / "lease").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        LeaseNote(tmp_path / "lease")
    note = LeaseNote(tmp_path / "other")
    assert (tmp_path / "other").stat().st_size == 16
    note.close()
