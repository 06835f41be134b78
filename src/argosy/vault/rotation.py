"""Replacing a master key: every data key is wrapped again, no row that they encrypt is changed.

The order, and what a crash after each step leaves:

1. The new key is put next to the old one (`next`). Everything opens with the old key.
2. One transaction wraps every data key under the new key. A process that opens a data key tries all the keys there are,
   so that running processes go on; what they opened before stays open.
3. The new key takes the old one's place, which is kept aside (`previous`).
4. A second transaction wraps again what another process made under the old key meanwhile.
5. The old wrappings are purged from the database's files, which also brings the transactions to the disk.
6. The old key is deleted.

Running it again after a crash continues it. Raises KeyWrong, and changes nothing, where no available key opens a
data key of the role.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from argosy.database import Database
from argosy.types import Progress
from argosy.vault.master_keys import MasterKeys
from argosy.vault.scope import derive
from argosy.vault.vault import hold_keys, role_of, unwrap_any, wrap

FINGERPRINT_BYTES = 8


class RotatableKeys(MasterKeys, Protocol):
    """Master keys that can be replaced. Each step may be repeated."""

    def alone(self) -> AbstractContextManager[None]:
        """No other process replaces or copies keys meanwhile; raises KeyUnavailable if one does so for long."""

    def has_begun(self, role: str) -> bool:
        """Whether a rotation was begun and did not end."""

    def prepare(self, role: str) -> bytes:
        """The key to come, durably next to the present one; where a rotation has begun, that rotation's."""

    def take_over(self, role: str) -> None:
        """The key to come takes the present one's place, which is kept aside."""

    def forget(self, role: str) -> None:
        """Delete the key kept aside."""


@dataclass(frozen=True)
class Rotated:
    """The role, the new key's fingerprint, and how many data keys it wraps; `resumed`: an earlier rotation ended."""

    role: str
    fingerprint: str
    data_keys: int
    resumed: bool


def rotate(database: Database, keys: RotatableKeys, role: str, report_progress: Progress = lambda _: None) -> Rotated:
    """Replace the role's master key, or end the rotation that was begun. Each step is reported once it is done."""
    with keys.alone():
        resumed = keys.has_begun(role)
        new = keys.prepare(role)
        report_progress("prepared")
        rewrap(database, keys, role, new)
        report_progress("wrapped anew")
        keys.take_over(role)
        report_progress("taken over")
        count = rewrap(database, keys, role, new)
        report_progress("wrapped the rest")
        database.purge()
        report_progress("purged")
        keys.forget(role)
    return Rotated(role, fingerprint(new), count, resumed)


def rewrap(database: Database, keys: MasterKeys, role: str, new: bytes) -> int:
    """Wrap every data key of the role under `new`, all or none; how many there are."""
    with database.write() as transaction:
        hold_keys(transaction)
        rows = transaction.execute("SELECT scope, wrapped FROM data_keys ORDER BY scope")
        mine = [(scope, wrapped) for scope, wrapped in rows if role_of(scope) == role]
        for scope, wrapped in mine:
            data_key = unwrap_any([new, *keys.candidates(role)], wrapped, scope)
            transaction.execute(
                "UPDATE data_keys SET wrapped = :wrapped WHERE scope = :scope",
                {"scope": scope, "wrapped": wrap(new, data_key, scope)},
            )
    return len(mine)


def fingerprint(key: bytes) -> str:
    """16 hexadecimal characters that distinguish keys and say nothing of them."""
    return derive(key, "fingerprint", FINGERPRINT_BYTES).hex()
