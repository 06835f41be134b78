"""Jobs that are due, workers silent for long, and a trace of jobs that ended."""


def end_delays(database):
    """Make every postponed job due."""
    _run(database, "UPDATE jobs SET not_before = 0 WHERE state = 'queued'")


def end_leases(database):
    """Let every lease expire."""
    _run(database, "UPDATE jobs SET lease_until = 1 WHERE state = 'running'")


def age_workers(database, seconds):
    """Set the time since workers were last seen."""
    _run(database, "UPDATE workers SET seen_at = seen_at - :seconds", {"seconds": seconds})


def pass_duties(database, seconds):
    """Move the clock of duties forward by that much."""
    moved = "due_at = due_at - :seconds, taken_until = taken_until - :seconds"
    _run(database, f"UPDATE duties SET {moved}", {"seconds": seconds})


def leave_trace(transaction, label):
    """Record a label in a table without a unique key, so that repetitions are visible."""
    transaction.execute(
        "INSERT INTO alias_moves (model, alias, to_number, moved_at, moved_by, action, reason)"
        " VALUES (:label, '', 1, 0, '', '', '')",
        {"label": label},
    )


def traces(database):
    """The recorded labels, with repetitions."""
    with database.read() as transaction:
        return [label for (label,) in transaction.execute("SELECT model FROM alias_moves ORDER BY model")]


def _run(database, statement, values=None):
    with database.write() as transaction:
        transaction.execute(statement, values)
