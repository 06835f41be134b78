"""Tokens: stored as keyed hashes, distinguished by name, valid for their scopes until revoked."""

import pytest

from argosy.errors import TokenInvalid
from argosy.vault.tokens import Tokens
from argosy.vault.vault import Vault
from stored.rows import alter


class Keys:
    def get(self, role):
        return role.ljust(32).encode()

    def candidates(self, role):
        return [self.get(role)]


@pytest.fixture
def tokens(database):
    return Tokens(database, Vault(database, Keys()))


def known(tokens):
    return {token.id: token for token in tokens.list()}


def test_a_token_is_found_by_itself_and_by_nothing_else(tokens):
    text = tokens.create("shop", ["feedback", "predict"])
    other = tokens.create("desk", ["admin"])
    found = tokens.find(text, known(tokens))
    assert (found.name, found.scopes) == ("shop", ("predict", "feedback"))
    crossed = text[:19] + "_" + other[20:]
    for wrong in ("", "argosy", text[:-1], text + "x", text.upper(), crossed, text.replace("argosy", "argosi")):
        assert tokens.find(wrong, known(tokens)) is None, wrong


def test_the_database_holds_no_token_and_no_hash_without_a_key(tokens, database, tmp_path):
    text = tokens.create("shop", ["predict"])
    secret = text.rpartition("_")[2] if "_" not in text[20:] else text[20:]
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in held
    other = Tokens(database, Vault(database, Keys()))
    assert other.find(text, known(other)).name == "shop"
    alter(database, "tokens", {"name": "shop"}, token_hash=bytes(16))
    assert tokens.find(text, known(tokens)) is None


def test_a_revoked_token_stays_listed_and_its_name_taken(tokens):
    tokens.create("shop", ["predict"])
    first = tokens.revoke("shop").revoked_at
    assert first is not None
    assert tokens.revoke("shop").revoked_at == first
    assert [(token.name, token.revoked_at) for token in tokens.list()] == [("shop", first)]
    with pytest.raises(TokenInvalid, match="another name"):
        tokens.create("shop", ["predict"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "cannot be a token's name"),
        ({"name": "a b"}, "cannot be a token's name"),
        ({"scopes": []}, "there are predict, feedback, store, admin"),
        ({"scopes": ["predict", "all"]}, "there are predict, feedback, store, admin"),
        ({"source": "a\nb"}, "cannot be a token's source"),
        ({"claims": ["truth"]}, "there are outcome, uniform, entity"),
        ({"claims": [""]}, "there are outcome, uniform, entity"),
        ({"scopes": ["predict"], "claims": ["outcome"]}, "needs the scope 'feedback'"),
    ],
)
def test_what_cannot_be_made_is_refused(tokens, fields, said):
    with pytest.raises(TokenInvalid, match=said):
        tokens.create(**{"name": "shop", "scopes": ["feedback"], **fields})
    assert tokens.list() == []


def test_an_unknown_name_cannot_be_revoked(tokens):
    with pytest.raises(TokenInvalid, match="no token 'shop'"):
        tokens.revoke("shop")


def test_a_token_keeps_its_source_and_claims(tokens):
    text = tokens.create("till", ["feedback"], source="booking", claims=["uniform", "outcome"])
    tokens.create("shop", ["feedback"])
    found = tokens.find(text, known(tokens))
    assert (found.source, found.claims) == ("booking", ("outcome", "uniform"))
    plain = next(token for token in tokens.list() if token.name == "shop")
    assert (plain.source, plain.claims) == ("", ())
