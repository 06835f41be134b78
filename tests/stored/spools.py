"""Spools long silent."""


def age_spools(database, seconds):
    """Drainers were last seen so long ago."""
    with database.write() as transaction:
        transaction.execute(
            "UPDATE spool_folders SET seen_at = seen_at - :seconds WHERE seen_at > 0", {"seconds": seconds}
        )
