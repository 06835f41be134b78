"""What feedback may claim, and which feedback measures."""

import pytest

from argosy.errors import NotPermitted
from argosy.predictions.giver import ANYBODY, MEASURED_SHARE, OWNER, giver_of
from argosy.vault.tokens import Token

BELOW, ABOVE = MEASURED_SHARE / 2, (1 + MEASURED_SHARE) / 2


def token(*claims, source=""):
    return giver_of(Token("shop", "1", b"", ("feedback",), 0.0, source=source, claims=claims))


@pytest.mark.parametrize(
    ("kind", "is_uniform", "claims"),
    [
        ("correction", False, ()),
        ("correction", True, ("uniform",)),
        ("outcome", False, ("outcome",)),
        ("outcome", True, ("outcome", "uniform")),
    ],
)
def test_feedback_may_state_only_what_its_token_claims(kind, is_uniform, claims):
    token(*claims).check(kind, "shop", is_uniform)
    for one in claims:
        with pytest.raises(NotPermitted, match=f"--claim {one}"):
            token(*set(claims) - {one}, "entity").check(kind, "shop", is_uniform)


def test_a_token_has_one_source():
    token().check("correction", "shop", is_uniform=False)
    token(source="till").check("correction", "till", is_uniform=False)
    for giver, source in ((token(), "analyst"), (token(source="till"), "shop"), (token("outcome", "uniform"), "")):
        with pytest.raises(NotPermitted, match="leave the source out"):
            giver.check("correction", source, is_uniform=False)


@pytest.mark.parametrize("giver", [OWNER, ANYBODY])
def test_without_a_token_every_claim_is_allowed(giver):
    giver.check("outcome", "anybody", is_uniform=True)
    assert giver.reaches is None


@pytest.mark.parametrize(
    ("giver", "drawn", "not_drawn"),
    [(OWNER, True, True), (ANYBODY, True, False), (token("outcome", "uniform"), True, False)],
)
def test_over_a_server_only_drawn_predictions_measure(giver, drawn, not_drawn):
    for kind, is_uniform in (("outcome", False), ("correction", True), ("outcome", True)):
        assert giver.measures(kind, is_uniform, BELOW) is drawn
        assert giver.measures(kind, is_uniform, ABOVE) is not_drawn
    assert not giver.measures("correction", is_uniform=False, draw=BELOW)


def test_an_entity_is_the_tokens_own_without_the_claim():
    assert (token("outcome").reaches, token("entity").reaches) == ("shop", None)
