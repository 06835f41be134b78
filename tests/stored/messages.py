"""Messages on their way: in the outbox, and kept for subscribers."""


def in_outbox(database, topic):
    """The bodies that no relay has published yet, in order."""
    return _texts(database, "SELECT body FROM outbox WHERE topic = :topic ORDER BY id", topic=topic)


def sent(database, topic, name=""):
    """The bodies of what is kept for a topic's subscribers, or for one of them, and then of what is in the outbox."""
    kept = "SELECT body FROM messages WHERE topic = :topic AND (:name = '' OR name = :name) ORDER BY id"
    return _texts(database, kept, topic=topic, name=name) + in_outbox(database, topic)


def lose_messages(database):
    """Forget everything that was to be sent, and that was."""
    _run(database, "DELETE FROM outbox")
    _run(database, "DELETE FROM messages")


def claimed_seconds(database):
    """For how long a relay claimed each row of the outbox."""
    with database.read() as transaction:
        return [seconds for (seconds,) in transaction.execute("SELECT claimed_until - created_at FROM outbox")]


def end_claims(database):
    """No relay has a row of the outbox in hand any more."""
    _run(database, "UPDATE outbox SET claimed_until = 0")


def end_delays(database, below=60):
    """Every message that is delayed, for less than `below` seconds (it is held for a minute), is delivered now."""
    _run(database, f"UPDATE messages SET visible_at = 0 WHERE hidden_seconds < {float(below)}")


def _run(database, statement):
    with database.write() as transaction:
        transaction.execute(statement)


def _texts(database, query, **values):
    with database.read() as transaction:
        bodies = [body for (body,) in transaction.execute(query, values)]
    return [body if isinstance(body, str) else bytes(body).decode() for body in bodies]
