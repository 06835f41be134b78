"""Jobs whose time has come, workers long silent, and a trace of those that ended."""


def end_delays(database):
    """Every job that was put off may be run now."""
    _run(database, "UPDATE jobs SET not_before = 0 WHERE state = 'queued'")


def end_leases(database):
    """Every lease has run out."""
    _run(database, "UPDATE jobs SET lease_until = 1 WHERE state = 'running'")


def age_workers(database, seconds):
    """Workers were last seen so long ago."""
    _run(database, "UPDATE workers SET seen_at = seen_at - :seconds", {"seconds": seconds})


def pass_duties(database, seconds):
    """It is that much later, as far as duties can tell."""
    moved = "due_at = due_at - :seconds, taken_until = taken_until - :seconds"
    _run(database, f"UPDATE duties SET {moved}", {"seconds": seconds})


def leave_trace(transaction, label):
    """Note a label in a table without a key that would hide that it was noted before."""
    transaction.execute(
        "INSERT INTO alias_moves (model, alias, to_number, moved_at, moved_by, action, reason)"
        " VALUES (:label, '', 1, 0, '', '', '')",
        {"label": label},
    )


def traces(database):
    """The labels that were noted, as often as they were."""
    with database.read() as transaction:
        return [label for (label,) in transaction.execute("SELECT model FROM alias_moves ORDER BY model")]


def _run(database, statement, values=None):
    with database.write() as transaction:
        transaction.execute(statement, values)
