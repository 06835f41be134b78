"""Envelope encryption: a data key for each scope, wrapped by the master key of the scope's role."""

from argosy.vault.master_keys import MasterKeys
from argosy.vault.scope import Scope
from argosy.vault.vault import Vault

__all__ = ["MasterKeys", "Scope", "Vault"]
