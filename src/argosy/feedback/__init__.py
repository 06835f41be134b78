"""Corrections and outcomes become examples, examples a challenger, and the gate decides which version serves."""
