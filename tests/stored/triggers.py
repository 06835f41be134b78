"""A moved clock for the schedules of triggers, and triggers written by another release."""


def pass_schedules(database, seconds):
    """Move the clock of schedules forward by that much."""
    _run(database, "UPDATE plan_triggers SET settled_until = settled_until - :seconds", {"seconds": seconds})


def write_otherwise(database, plan, text):
    """Rewrite every trigger of the plan as by another machine or release."""
    _run(database, "UPDATE plan_triggers SET written = :text WHERE plan = :plan", {"plan": plan, "text": text})


def _run(database, statement, values):
    with database.write() as transaction:
        transaction.execute(statement, values)
