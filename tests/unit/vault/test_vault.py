from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import KeyUnavailable, KeyWrong, SealBroken
from argosy.testing.waiting import PATIENCE
from argosy.vault import Scope, Vault
from argosy.vault.rotation import rewrap
from stored.rows import alter, column


class MemoryKeys:
    def __init__(self):
        self._keys = {}

    def get(self, role):
        return self._keys.setdefault(role, os.urandom(32))

    def candidates(self, role):
        return [self.get(role)]


SCOPE = Scope("collection:news", bytes(32))


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_is_sealed_opens_for_its_row(plaintext, identity):
    sealed = SCOPE.seal(plaintext, identity)
    assert SCOPE.open(sealed, identity) == plaintext
    assert SCOPE.seal_many([plaintext], [identity]) != [sealed]
    assert SCOPE.open_many(zip(SCOPE.seal_many([plaintext], [identity]), [identity], strict=True)) == [plaintext]


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_seal_with_one_bit_changed_does_not_open(data):
    sealed = bytearray(SCOPE.seal(b"a secret", b"row"))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(SealBroken):
        SCOPE.open(bytes(sealed), b"row")


@pytest.mark.parametrize("cut", [0, 1, 5, 13, 20, -1])
def test_a_seal_cut_short_does_not_open(cut):
    with pytest.raises(SealBroken):
        SCOPE.open(SCOPE.seal(b"a secret", b"row")[:cut], b"row")


def test_a_seal_does_not_open_for_another_row_or_scope():
    sealed = SCOPE.seal(b"a secret", b"row")
    with pytest.raises(SealBroken):
        SCOPE.open(sealed, b"another")
    with pytest.raises(SealBroken):
        Scope("collection:news", bytes([1]) * 32).open(sealed, b"row")


def test_hashes_differ_by_purpose_value_and_scope():
    other = Scope("collection:other", bytes([1]) * 32)
    hashes = [SCOPE.hash("a", b"x"), SCOPE.hash("b", b"x"), SCOPE.hash("a", b"y"), other.hash("a", b"x")]
    assert len(set(hashes)) == 4
    assert {len(each) for each in hashes} == {16}
    assert SCOPE.hash_many("a", [b"x", b"y"]) == [hashes[0], hashes[2]]


def test_a_scope_keeps_its_data_key_across_vaults(database):
    keys = MemoryKeys()
    sealed = Vault(database, keys).scope("collection:news").seal(b"text", b"row")
    assert Vault(database, keys).scope("collection:news").open(sealed, b"row") == b"text"


def test_scopes_have_separate_keys(database):
    vault = Vault(database, MemoryKeys())
    sealed = vault.scope("collection:a").seal(b"text", b"row")
    with pytest.raises(SealBroken):
        vault.scope("collection:b").open(sealed, b"row")


def test_another_master_key_is_recognised(database):
    Vault(database, MemoryKeys()).scope("collection:news")
    stranger = Vault(database, MemoryKeys())
    with pytest.raises(KeyWrong, match="examples"):
        stranger.scope("collection:news")
    with pytest.raises(KeyWrong, match="examples"):
        stranger.scope("collection:new")
    stranger.scope("predictions")


def test_a_wrapped_key_does_not_serve_another_scope(database):
    keys = MemoryKeys()
    vault = Vault(database, keys)
    vault.scope("collection:a")
    vault.scope("collection:b")
    (wrapped,) = column(database, "data_keys", "wrapped", scope="collection:a")
    alter(database, "data_keys", {"scope": "collection:b"}, wrapped=wrapped)
    with pytest.raises(KeyWrong):
        Vault(database, keys).scope("collection:b")


def test_no_data_key_is_stored_in_the_clear(database, tmp_path):
    keys = MemoryKeys()
    vault = Vault(database, keys)
    data_key = vault._data_key("collection:news")
    assert len(data_key) == 32
    assert all(data_key not in file.read_bytes() for file in tmp_path.iterdir())


def test_an_unknown_scope_is_refused(database):
    with pytest.raises(KeyUnavailable, match="collection:"):
        Vault(database, MemoryKeys()).scope("artifacts")


def test_threads_that_use_a_new_scope_at_once_share_its_key(database):
    keys = MemoryKeys()
    keys.get("examples")
    vaults = [Vault(database, keys) for _ in range(6)]
    ready, seals = threading.Barrier(len(vaults)), []

    def use(vault):
        ready.wait(PATIENCE)
        seals.append(vault.scope("collection:news").seal(b"text", b"row"))

    threads = [threading.Thread(target=use, args=(vault,)) for vault in vaults]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    reader = Vault(database, keys).scope("collection:news")
    assert [reader.open(sealed, b"row") for sealed in seals] == [b"text"] * len(vaults)


def test_rewrapping_changes_the_master_key_and_nothing_else(database):
    old, new = MemoryKeys(), MemoryKeys()
    vault = Vault(database, old)
    sealed = vault.scope("collection:news").seal(b"text", b"row")
    vault.scope("collection:other")
    vault.scope("predictions")
    assert rewrap(database, old, "examples", new.get("examples")) == 2
    assert Vault(database, new).scope("collection:news").open(sealed, b"row") == b"text"
    with pytest.raises(KeyWrong):
        Vault(database, old).scope("collection:news")
    Vault(database, old).scope("predictions")
