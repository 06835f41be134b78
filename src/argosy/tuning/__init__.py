"""Searching a plan's space: which definition to try next, and when to stop."""
