"""The giver of feedback, its source, and whether it measures. Pure.

What a caller says about itself is not evidence: a token says under which source its feedback is recorded and what it
may claim. Of what comes over the server only the predictions that the server itself drew measure, so that nobody
chooses the rows that a model is judged on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from argosy.errors import NotPermitted
from argosy.vault.tokens import CLAIMS, ENTITY, OUTCOME, UNIFORM, Token

MEASURED_SHARE = 0.5
"""Of the predictions, how many are drawn to be measured on; see `PredictionIds.draw`."""
_NEEDS = {OUTCOME: "give outcomes", UNIFORM: "say that predictions were drawn uniformly"}


@dataclass(frozen=True)
class Giver:
    """`token` is its name, empty without one; `source` the only one it may name, empty where it may name any.

    `needs_draw`: what it says measures only of predictions that the server drew.
    """

    token: str = ""
    source: str = ""
    claims: Collection[str] = CLAIMS
    needs_draw: bool = False

    @property
    def reaches(self) -> str | None:
        """Feedback for an entity reaches the predictions that were made with this token; None: with any."""
        return None if ENTITY in self.claims else self.token

    def check(self, kind: str, source: str, is_uniform: bool) -> None:
        """Raises NotPermitted where it says more than it may."""
        if self.source and source != self.source:
            raise NotPermitted(f"the token '{self.token}' gives feedback as '{self.source}': leave the source out")
        for claim in _claimed(kind, is_uniform):
            if claim not in self.claims:
                raise NotPermitted(
                    f"the token '{self.token}' may not {_NEEDS[claim]}:"
                    f" 'argosy tokens create --name NAME --scope feedback --claim {claim}' makes one that may"
                )

    def measures(self, kind: str, is_uniform: bool, draw: float) -> bool:
        """Whether what it says of a prediction with that draw may be evidence; it was checked before."""
        return bool(_claimed(kind, is_uniform)) and (not self.needs_draw or draw < MEASURED_SHARE)


OWNER = Giver()
"""Anyone who has access to the project itself."""
ANYBODY = Giver(needs_draw=True)
"""Anyone who reaches a server that asks for no token."""


def giver_of(token: Token | None) -> Giver:
    """The giver of feedback over a server; None if the server requires no token."""
    if token is None:
        return ANYBODY
    return Giver(token.name, token.source or token.name, token.claims, needs_draw=True)


def _claimed(kind: str, is_uniform: bool) -> list[str]:
    """What makes feedback measure: that it came without regard to the answer."""
    return [claim for claim, is_claimed in ((OUTCOME, kind == "outcome"), (UNIFORM, is_uniform)) if is_claimed]
