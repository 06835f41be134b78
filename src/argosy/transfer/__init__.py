"""Trained models on their way to other machines: the store over HTTP, and anyone who fetches from it."""
