"""Types that every floor shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Literal

Options = dict[str, Any]
"""A plug-in's options by name, JSON values only."""

Progress = Callable[[str], None]
"""Receives a line about each step of something that takes a while."""

Input = str | Mapping[str, Any]
"""What a model is asked about: a text, or a dictionary of fields."""

FieldKind = Literal["text", "number", "category"]
"""What a field of a dictionary is to a model."""

LabelKind = Literal["single", "lists", "numbers"]
"""What the labels of examples are to a model: one class each, several at once, or quantities to estimate."""


class Part(StrEnum):
    """Which part of a dataset a row belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
