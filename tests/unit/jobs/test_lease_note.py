"""What a worker process notes for the one that keeps it."""

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
