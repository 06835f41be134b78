"""What a project sends notifications of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from argosy.errors import DefinitionInvalid, nearest

EVENTS: Final = ("alias_moved", "definition_failed", "definition_finished", "job_failed")


def check_events(events: Sequence[str], path: str = "") -> None:
    """Raises DefinitionInvalid for an event that there is not."""
    for event in events:
        if event not in EVENTS:
            there_are = f"{nearest(event, EVENTS)}; there are: {', '.join(EVENTS)}"
            raise DefinitionInvalid(f"there is no event '{event}'{there_are}", path)
