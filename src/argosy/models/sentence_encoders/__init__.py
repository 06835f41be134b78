"""Sentence encoders, one module a runtime, and the word pieces that they share."""
