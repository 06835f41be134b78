"""Submits plans automatically: when their triggers fire, and what follows."""
