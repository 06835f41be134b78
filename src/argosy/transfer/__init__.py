"""Trained models on their way to other machines: the store over HTTP, and whoever fetches from it."""
