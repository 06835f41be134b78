"""Authentication while the database is unavailable: known tokens stay valid, and no other is accepted."""

import time

import pytest

from argosy.errors import DatabaseUnavailable, NotPermitted, TokenMissing
from argosy.http.authentication import Authentication
from argosy.vault.tokens import Token


class Register:
    """Tokens whose text is their name, in a database that may be unavailable."""

    def __init__(self):
        self.there, self.is_away, self.looks = [], False, 0

    def list(self):
        self.looks += 1
        if self.is_away:
            raise DatabaseUnavailable("away")
        return list(self.there)

    def find(self, text, among):
        return next((token for token in among.values() if token.name == text), None)


@pytest.fixture
def register():
    return Register()


@pytest.fixture
def guard(register):
    made = Authentication(register, poll_seconds=0.005)
    yield made
    made.stop()


def seen(register, looks=3):
    deadline, before = time.monotonic() + 30, register.looks
    while register.looks < before + looks:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def token(name, revoked_at=None):
    return Token(name, name, b"", ("predict",), 0.0, revoked_at)


def test_known_tokens_stay_valid_while_the_database_is_unavailable(guard, register):
    register.there = [token("shop")]
    guard.start()
    seen(register)
    register.is_away = True
    seen(register)
    assert guard.check("Bearer shop", "predict").name == "shop"
    with pytest.raises(TokenMissing):
        guard.check("Bearer desk", "predict")
    register.there, register.is_away = [token("shop", revoked_at=1.0)], False
    seen(register)
    with pytest.raises(TokenMissing, match="revoked"):
        guard.check("Bearer shop", "predict")
    assert guard.is_closed


def test_a_refusal_names_the_required_scope(guard, register):
    assert guard.check("", "admin") is None
    register.there = [token("shop")]
    guard.poll()
    guard.check("", "")
    with pytest.raises(TokenMissing, match="Authorization: Bearer"):
        guard.check("", "predict")
    with pytest.raises(NotPermitted, match="'shop' opens predict; this needs admin"):
        guard.check("Bearer shop", "admin")
    for header in ("Bearer", "shop", "Basic shop", "Bearer  ", "Bearer shop shop"):
        with pytest.raises(TokenMissing, match="no token of this server") as refused:
            guard.check(header, "predict")
        assert ("send the header" in str(refused.value)) == (not header.startswith("Bearer"))
