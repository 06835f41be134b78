"""The formats of imported models that are treated otherwise than as one file that is run."""

from typing import Final

FOLDERS: Final = ("huggingface", "python", "savedmodel")
"""The formats of folders; others are of one file."""
PROGRAMS: Final = ("joblib", "pickle", "python")
"""Opening such a file runs code from it."""
TRANSLATED: Final = ("pmml", "lightgbm", "xgboost")
"""Formats that are read once, into a formula, and not run."""
TENSORS: Final = ("savedmodel",)
"""Formats of models that answer tensors alone, by the signatures in their files."""
REMOTE: Final = "remote"
"""A model on another server."""
