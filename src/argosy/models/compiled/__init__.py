"""Served forms: what a trained pair becomes when only the speed of its answers matters."""
