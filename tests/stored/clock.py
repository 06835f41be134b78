"""A moved database clock, for jobs and messages: the stored times are moved in the opposite direction."""

TIMES = {
    "jobs": ("submitted_at", "not_before", "lease_until"),
    "outbox": ("created_at", "claimed_until"),
    "messages": ("published_at", "visible_at"),
    "subscriptions": ("seen_at",),
    "step_runs": ("asked_at", "ended_at"),
}


def pass_time(database, seconds):
    """Move the clock forward by that much."""
    _shift(database, -seconds)


def put_back(database, hours):
    """Set the clock back."""
    _shift(database, hours * 3600.0)


def _shift(database, seconds):
    with database.write() as transaction:
        for table, columns in TIMES.items():
            moved = ", ".join(f"{name} = CASE {name} WHEN 0 THEN 0 ELSE {name} + :by END" for name in columns)
            transaction.execute(f"UPDATE {table} SET {moved}", {"by": seconds})
