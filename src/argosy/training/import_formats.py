"""The formats of imported models that are treated otherwise than as one file that is run."""

from typing import Final

FOLDERS: Final = ("huggingface", "python")
"""The formats of folders; others are of one file."""
PROGRAMS: Final = ("joblib", "pickle", "python")
"""Opening such a file runs code from it."""
TRANSLATED: Final = ("pmml", "lightgbm", "xgboost")
"""Formats that are read once, into a formula, and not run."""
REMOTE: Final = "remote"
"""A model on another server."""
