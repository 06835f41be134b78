"""Messages in the outbox, and those kept for subscribers."""


def in_outbox(database, topic):
    """The bodies that are not published yet, in order."""
    return _texts(database, "SELECT body FROM outbox WHERE topic = :topic ORDER BY id", topic=topic)


def sent(database, topic, name=""):
    """The bodies kept for a topic's subscribers, or for one of them, and then those in the outbox."""
    kept = "SELECT body FROM messages WHERE topic = :topic AND (:name = '' OR name = :name) ORDER BY id"
    return _texts(database, kept, topic=topic, name=name) + in_outbox(database, topic)


def lose_messages(database):
    """Remove all messages, sent or not."""
    _run(database, "DELETE FROM outbox")
    _run(database, "DELETE FROM messages")


def claimed_seconds(database):
    """The time for which a relay claimed each row of the outbox."""
    with database.read() as transaction:
        return [seconds for (seconds,) in transaction.execute("SELECT claimed_until - created_at FROM outbox")]


def end_claims(database):
    """End the claims of relays on rows of the outbox."""
    _run(database, "UPDATE outbox SET claimed_until = 0")


def end_delays(database, below=60):
    """Make every message that is delayed for less than `below` seconds due (a held one waits a minute)."""
    _run(database, f"UPDATE messages SET visible_at = 0 WHERE hidden_seconds < {float(below)}")


def _run(database, statement):
    with database.write() as transaction:
        transaction.execute(statement)


def _texts(database, query, **values):
    with database.read() as transaction:
        bodies = [body for (body,) in transaction.execute(query, values)]
    return [body if isinstance(body, str) else bytes(body).decode() for body in bodies]
