from __future__ import annotations

import base64
import stat

import pytest

from argosy.errors import KeyUnavailable
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.keys.file import FileKeys
from argosy.vault.master_keys import encode_key


def test_a_file_key_is_created_private_and_read_back(tmp_path):
    keys = FileKeys(tmp_path / "keys")
    keys.create("examples")
    assert len(keys.get("examples")) == 32
    assert keys.get("examples") == FileKeys(tmp_path / "keys").get("examples")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE(keys.path("examples").stat().st_mode) == 0o600


def test_the_keys_of_two_roles_differ(tmp_path):
    keys = FileKeys(tmp_path)
    keys.create("examples")
    keys.create("predictions")
    assert keys.get("examples") != keys.get("predictions")


def test_a_file_key_is_never_replaced(tmp_path):
    keys = FileKeys(tmp_path)
    keys.create("examples")
    before = keys.get("examples")
    with pytest.raises(KeyUnavailable, match="exists"):
        keys.create("examples")
    assert keys.get("examples") == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path, mode):
    keys = FileKeys(tmp_path)
    keys.create("examples")
    keys.path("examples").chmod(mode)
    with pytest.raises(KeyUnavailable, match="chmod 600"):
        keys.get("examples")


def test_a_missing_key_file_is_named(tmp_path):
    with pytest.raises(KeyUnavailable, match=r"examples\.key"):
        FileKeys(tmp_path).get("examples")


@pytest.mark.parametrize("written", ["", "not base64!", base64.b64encode(b"short").decode(), "ключ"])
def test_a_malformed_key_is_refused(tmp_path, written):
    keys = FileKeys(tmp_path)
    keys.create("examples")
    keys.path("examples").write_text(written, encoding="utf-8")
    with pytest.raises(KeyUnavailable):
        keys.get("examples")


def test_keys_come_from_the_environment():
    key = bytes(range(32))
    assert EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": encode_key(key)}).get("predictions") == key


def test_a_missing_variable_is_named():
    with pytest.raises(KeyUnavailable, match="ARGOSY_KEY_EXAMPLES"):
        EnvironmentKeys({}).get("examples")


def test_an_unknown_role_lists_those_there_are(tmp_path):
    with pytest.raises(KeyUnavailable, match="examples, predictions"):
        FileKeys(tmp_path).get("models")
