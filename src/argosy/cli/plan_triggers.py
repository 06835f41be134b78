"""How `argosy plan …` shows triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argosy import clock
from argosy.cli.output import print_line

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.definitions import Plan


def print_triggers(project: Project, plan: str) -> None:
    """Print those of a submitted plan, and the state of each."""
    for one in project.plans.trigger_status(plan):
        first, *others = one.lines()
        print_line(f"  on {first}")
        for line in others:
            print_line(f"     {line}")


def triggers_as_json(project: Project, plan: str) -> dict[str, Any]:
    """The same for programs; empty where it has none."""
    found = [one.to_dict() for one in project.plans.trigger_status(plan)]
    return {"triggers": found} if found else {}


def print_checked_triggers(plan: Plan, project: Project) -> None:
    """Print those of a plan that is not submitted yet, and which of them have no effect."""
    found = checked_triggers(plan, project)
    for one in found.get("triggers", ()):
        first = f": first at {one['first']}" if one["first"] else ""
        print_line(f"Submitted again on {one['trigger']}{first}")
    for note in found.get("notes", ()):
        print_line(f"  warning: {note}")


def checked_triggers(plan: Plan, project: Project) -> dict[str, Any]:
    """The same for programs; empty where it has none."""
    from argosy.definitions.plan_triggers import ScheduleTrigger
    from argosy.definitions.trigger_notes import trigger_notes

    def first(one: object) -> str:
        due = one.schedule.after(clock.now()) if isinstance(one, ScheduleTrigger) else None
        return one.schedule.wall_clock(due) if isinstance(one, ScheduleTrigger) and due is not None else ""

    found = [{"trigger": str(one), "first": first(one)} for one in plan.triggers]
    return {"triggers": found, "notes": trigger_notes(plan, project.settings.collection)} if found else {}
