"""Tokens: secrets by which callers use a server that other machines can reach.

- A token is `argosy_ID_SECRET`: the id finds its row, the secret is 32 random bytes. It is shown when it is made and
  kept nowhere: the database has a hash of it under the prediction log's key, so that a copy of the database neither
  gives tokens away nor lets anybody add one.
- It opens the scopes it was made for and no others. Feedback given with it has one source, and says no more of itself
  than the token's claims allow.
- Once a token was made, tokens are asked for: also after the last one was revoked.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from argosy.database import Database, Row, in_transaction
from argosy.database.database import ConstraintViolated
from argosy.errors import TokenInvalid
from argosy.vault.vault import Vault

PREDICT = "predict"
FEEDBACK = "feedback"
STORE = "store"
ADMIN = "admin"
SCOPES = (PREDICT, FEEDBACK, STORE, ADMIN)
OUTCOME = "outcome"
"""That it knows what happened: feedback of the kind `outcome`."""
UNIFORM = "uniform"
"""That it corrects predictions picked without regard to their answers."""
ENTITY = "entity"
"""That its feedback for an entity reaches every caller's predictions."""
CLAIMS = (OUTCOME, UNIFORM, ENTITY)
ID_BYTES, SECRET_BYTES = 6, 32
_TOKEN = re.compile(r"argosy_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_COLUMNS = "name, id, token_hash, scopes, created_at, revoked_at, source, claims"
_LIST = f"SELECT {_COLUMNS} FROM tokens ORDER BY created_at, name"  # noqa: S608  # our own column names
_ADD = """
INSERT INTO tokens (name, id, token_hash, scopes, created_at, source, claims)
VALUES (:name, :id, :hash, :scopes, :now, :source, :claims)"""
_REVOKE = f"""
UPDATE tokens SET revoked_at = coalesce(revoked_at, :now) WHERE name = :name RETURNING {_COLUMNS}"""  # noqa: S608


@dataclass(frozen=True)
class Token:
    """A token as it is kept: not the token. Without a `source` its feedback has the token's name for one."""

    name: str
    id: str
    token_hash: bytes
    scopes: tuple[str, ...]
    created_at: float
    revoked_at: float | None = None
    source: str = ""
    claims: tuple[str, ...] = ()


class Tokens:
    """Any thread, any number of processes; needs the key of predictions."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._scope = database, vault.scope("predictions")

    def create(self, name: str, scopes: Iterable[str], source: str = "", claims: Iterable[str] = ()) -> str:
        """A new token, which cannot be had again; raises TokenInvalid."""
        wanted, claimed = check_scopes(scopes), check_claims(claims)
        if claimed and FEEDBACK not in wanted:
            raise TokenInvalid("claims are about feedback: a token that has some needs the scope 'feedback' too")
        _check_name(name, "name")
        if source:
            _check_name(source, "source")
        identity = secrets.token_hex(ID_BYTES)
        token = f"argosy_{identity}_{secrets.token_urlsafe(SECRET_BYTES)}"
        lists = {"scopes": msgspec.json.encode(wanted).decode(), "claims": msgspec.json.encode(claimed).decode()}
        row = {"name": name, "id": identity, "hash": self._hash(token), "source": source, **lists}
        try:
            in_transaction(
                self._database, lambda transaction: transaction.execute(_ADD, {**row, "now": transaction.now()})
            )
        except ConstraintViolated:
            raise TokenInvalid(f"there is a token '{name}', perhaps revoked: choose another name") from None
        return token

    def list(self) -> list[Token]:
        """All there ever were, the oldest first."""
        with self._database.read() as transaction:
            rows = transaction.execute(_LIST)
        return [_token(row) for row in rows]

    def revoke(self, name: str) -> Token:
        """Refuse it from now on; raises TokenInvalid if there is no such token. Idempotent."""
        rows = in_transaction(
            self._database, lambda transaction: transaction.execute(_REVOKE, {"name": name, "now": transaction.now()})
        )
        if not rows:
            raise TokenInvalid(f"there is no token '{name}': 'argosy tokens list' shows those there are")
        return _token(rows[0])

    def find(self, text: str, among: dict[str, Token]) -> Token | None:
        """The token that a caller shows, if it is one of those, by id; compared in constant time."""
        found = _TOKEN.fullmatch(text)
        token = among.get(found[1]) if found else None
        if token is None or not hmac.compare_digest(token.token_hash, self._hash(text)):
            return None
        return token

    def _hash(self, token: str) -> bytes:
        return self._scope.hash("token", token.encode())


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """Those scopes in their usual order; raises TokenInvalid."""
    return _of(SCOPES, list(scopes) or [""], "scopes")


def check_claims(claims: Iterable[str]) -> list[str]:
    """Those claims in their usual order; raises TokenInvalid."""
    return _of(CLAIMS, claims, "claims")


def _of(there: Sequence[str], names: Iterable[str], noun: str) -> list[str]:
    given = list(names)
    if not set(given) <= set(there):
        raise TokenInvalid(f"'{','.join(given)}' is no list of {noun}: there are {', '.join(there)}")
    return [one for one in there if one in given]


def _check_name(name: str, noun: str) -> None:
    if not _NAME.fullmatch(name):
        raise TokenInvalid(f"'{name}' cannot be a token's {noun}: letters, digits, '.', '_', '@' and '-', at most 64")


def _token(row: Row) -> Token:
    name, identity, token_hash, scopes, created_at, revoked_at, source, claims = row
    opens, may_claim = tuple(msgspec.json.decode(scopes)), tuple(msgspec.json.decode(claims))
    return Token(name, identity, token_hash, opens, created_at, revoked_at, source, may_claim)
