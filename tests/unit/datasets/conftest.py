from __future__ import annotations

import pytest

from argosy.datasets.examples import Examples
from argosy.vault import Vault
from argosy.vault.keys.file import FileKeys

NOW = 1_700_000_000.0


@pytest.fixture
def vault(database, tmp_path):
    keys = FileKeys(tmp_path / "keys")
    keys.create("examples")
    return Vault(database, keys)


@pytest.fixture
def examples(database, vault):
    return Examples(database, vault, now=lambda: NOW)
