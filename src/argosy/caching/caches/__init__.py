"""Adapters of the port `argosy.caching.cache`."""
