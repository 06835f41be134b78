"""The database's clock moved, as far as jobs and messages can tell: the times that are stored move the other way."""

TIMES = {
    "jobs": ("submitted_at", "not_before", "lease_until"),
    "outbox": ("created_at", "claimed_until"),
    "messages": ("published_at", "visible_at"),
    "subscriptions": ("seen_at",),
}


def pass_time(database, seconds):
    """It is that much later."""
    _shift(database, -seconds)


def put_back(database, hours):
    """The clock was put back."""
    _shift(database, hours * 3600.0)


def _shift(database, seconds):
    with database.write() as transaction:
        for table, columns in TIMES.items():
            moved = ", ".join(f"{name} = CASE {name} WHEN 0 THEN 0 ELSE {name} + :by END" for name in columns)
            transaction.execute(f"UPDATE {table} SET {moved}", {"by": seconds})
