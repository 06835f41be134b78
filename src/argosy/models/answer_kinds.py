"""The kinds of answers, for what must not import the arithmetic of `answers.py`."""

from __future__ import annotations

from typing import Final, Literal

AnswerKind = Literal["classify", "regress", "tensors"]
"""`tensors`: of a model that is asked by its signature, and has no labels."""
VALUE: Final = "value"
"""What the one class of a model of numbers is called."""
