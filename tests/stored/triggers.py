"""Time that passes for the schedules of triggers, and triggers that another release wrote."""


def pass_schedules(database, seconds):
    """It is that much later, as far as schedules can tell."""
    _run(database, "UPDATE plan_triggers SET settled_until = settled_until - :seconds", {"seconds": seconds})


def write_otherwise(database, plan, text):
    """Every trigger of the plan is as another machine, or release, wrote it."""
    _run(database, "UPDATE plan_triggers SET written = :text WHERE plan = :plan", {"plan": plan, "text": text})


def _run(database, statement, values):
    with database.write() as transaction:
        transaction.execute(statement, values)
