"""The formats of imported models that are treated otherwise than as one file that is run."""

from typing import Final

FOLDER: Final = "huggingface"
"""The format of a folder; others are of one file."""
TRANSLATED: Final = ("pmml", "lightgbm", "xgboost")
"""Formats that are read once, into a formula, and not run."""
REMOTE: Final = "remote"
"""A model on another server."""
