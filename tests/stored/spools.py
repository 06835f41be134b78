"""Spools that are silent for long."""


def age_spools(database, seconds):
    """Set the time since drainers were last seen."""
    with database.write() as transaction:
        transaction.execute(
            "UPDATE spool_folders SET seen_at = seen_at - :seconds WHERE seen_at > 0", {"seconds": seconds}
        )
