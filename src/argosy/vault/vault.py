"""The vault: a data key for each scope, made on first use and kept wrapped in the table `data_keys`.

- A scope is `collection:NAME` (role examples) or begins with `predictions` (role predictions).
- Two processes that use a new scope at once end with the same data key.
- A scope's key is unwrapped once and kept in memory, never written in the clear.
- Replacing a master key (`rotation.rotate`) re-wraps data keys and touches no row that they encrypt; it may happen at
  any moment of another process's use.

Raises KeyUnavailable without the role's master key, KeyWrong with another one. `scope` opens its own transaction the
first time a name is asked for: call it outside of one. May be used from any thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable

from argosy.database import Database, Transaction
from argosy.errors import KeyUnavailable, KeyWrong
from argosy.vault.master_keys import EXAMPLES, KEY_BYTES, PREDICTIONS, MasterKeys
from argosy.vault.scope import NONCE_BYTES, Scope

_FORMAT = b"\x01"


class Vault:
    def __init__(self, database: Database, master_keys: MasterKeys) -> None:
        self._database, self._master_keys = database, master_keys
        self._scopes: dict[str, Scope] = {}
        self._lock = threading.Lock()

    def scope(self, name: str) -> Scope:
        """The scope of that name; its data key is made if there is none."""
        with self._lock:
            if name not in self._scopes:
                self._scopes[name] = Scope(name, self._data_key(name))
            return self._scopes[name]

    def _data_key(self, name: str) -> bytes:
        role, before = role_of(name), None
        while True:
            with self._database.read() as transaction:
                wrapped = _wrapped(transaction, name)
            found = self._create(name) if wrapped is None else wrapped
            try:
                return unwrap_any(self._master_keys.candidates(role), found, name)
            except KeyWrong:
                if found == before:
                    raise
                before = found  # a rotation may have gone by between the two look-ups

    def _create(self, name: str) -> bytes:
        """The wrapped key of a new scope, or the one that another process made meanwhile."""
        with self._database.write() as transaction:
            hold_keys(transaction)  # a rotation waits for us, or we see what it did
            master_key = self._master_key(transaction, name)
            transaction.execute(
                "INSERT INTO data_keys (scope, wrapped, created_at) VALUES (:scope, :wrapped, :now)"
                " ON CONFLICT (scope) DO NOTHING",
                {"scope": name, "wrapped": wrap(master_key, os.urandom(KEY_BYTES), name), "now": transaction.now()},
            )
            return transaction.execute("SELECT wrapped FROM data_keys WHERE scope = :scope", {"scope": name})[0][0]  # type: ignore[no-any-return]  # BLOB NOT NULL

    def _master_key(self, transaction: Transaction, name: str) -> bytes:
        """The one that the role's other scopes are wrapped with: there is never a second one."""
        candidates = self._master_keys.candidates(role_of(name))
        for scope, wrapped in transaction.execute("SELECT scope, wrapped FROM data_keys"):
            if role_of(scope) == role_of(name):
                return opening(candidates, wrapped, scope)
        return candidates[0]


def hold_keys(transaction: Transaction) -> None:
    """No other transaction wraps data keys until this one ends."""
    transaction.lock("data keys")


def scopes(transaction: Transaction) -> list[str]:
    """The scopes that have a data key, in order."""
    return [row[0] for row in transaction.execute("SELECT scope FROM data_keys ORDER BY scope")]


def data_keys(transaction: Transaction) -> list[tuple[str, bytes]]:
    """Every scope and its data key, wrapped."""
    return [(row[0], row[1]) for row in transaction.execute("SELECT scope, wrapped FROM data_keys ORDER BY scope")]


def unopened(wrapped_keys: Iterable[tuple[str, bytes]], master_keys: MasterKeys) -> list[str]:
    """The scopes of those `data_keys` that no available master key opens; nothing is made."""
    return [scope for scope, wrapped in wrapped_keys if not _opens(master_keys, scope, wrapped)]


def _opens(master_keys: MasterKeys, scope: str, wrapped: bytes) -> bool:
    try:
        unwrap_any(master_keys.candidates(role_of(scope)), wrapped, scope)
    except (KeyUnavailable, KeyWrong):
        return False
    return True


def role_of(scope: str) -> str:
    """Which master key wraps that scope's data key."""
    if scope.startswith("collection:"):
        return EXAMPLES
    if scope.startswith("predictions"):
        return PREDICTIONS
    raise KeyUnavailable(f"'{scope}' is no scope: one begins with 'collection:' or 'predictions'")


def wrap(master_key: bytes, data_key: bytes, scope: str) -> bytes:
    """The data key under the master key, bound to its scope's name."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return _FORMAT + nonce + AESGCM(master_key).encrypt(nonce, data_key, scope.encode())


def unwrap_any(master_keys: Iterable[bytes], wrapped: bytes, scope: str) -> bytes:
    """The data key; raises KeyWrong where none of those master keys wrapped it."""
    return unwrap(opening(master_keys, wrapped, scope), wrapped, scope)


def opening(master_keys: Iterable[bytes], wrapped: bytes, scope: str) -> bytes:
    """Which of the master keys wrapped it; raises KeyWrong where none did."""
    wrong: KeyWrong | None = None
    for master_key in master_keys:
        try:
            unwrap(master_key, wrapped, scope)
        except KeyWrong as error:
            wrong = error
        else:
            return master_key
    raise wrong or KeyWrong(f"there is no master key for '{scope}'")


def unwrap(master_key: bytes, wrapped: bytes, scope: str) -> bytes:
    """The data key; raises KeyWrong where that master key did not wrap it."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, sealed = wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
    try:
        return AESGCM(master_key).decrypt(nonce, sealed, scope.encode())
    except (InvalidTag, ValueError):
        raise KeyWrong(
            f"the master key '{role_of(scope)}' is not the one that '{scope}' was encrypted with:"
            " put back the key that this database was made with"
        ) from None


def _wrapped(transaction: Transaction, name: str) -> bytes | None:
    rows = transaction.execute("SELECT wrapped FROM data_keys WHERE scope = :scope", {"scope": name})
    return rows[0][0] if rows else None
