"""Which of a plan's triggers have no effect. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.definitions.plan import Plan
from argosy.definitions.plan_triggers import FilesTrigger, ScheduleTrigger


def trigger_notes(plan: Plan, collection: str) -> list[str]:
    """In sentences; `collection` is the project's."""
    return list(_notes(plan, collection))


def _notes(plan: Plan, default: str) -> Iterator[str]:
    of_rows = [one for one in plan.triggers if not isinstance(one, ScheduleTrigger)]
    learned = {str(name or default) for cut in plan.dataset for name in cut.values.get("collection", ("",))}
    if plan.triggers and all("digest" in cut.values for cut in plan.dataset):
        yield "the plan's dataset is frozen: newer rows are not in it"
        return
    for one in of_rows:
        into = (one.options.collection or default) if isinstance(one, FilesTrigger) else one.collection
        if into not in learned:
            names = ", ".join(f"'{name}'" for name in sorted(learned))
            yield f"{one}: rows come into '{into}', and the plan learns from {names}"
    ends = {str(end) for cut in plan.dataset for end in cut.values.get("end", ()) if end is not None}
    if of_rows and ends:
        yield f"the plan's dataset ends at {', '.join(sorted(ends))}: rows seen later are not in it"
