"""Adapters of the port `argosy.streaming.log`."""
