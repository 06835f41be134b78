"""What an annotation allows, in words."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from argosy.type_words import words
from argosy.typed_values import admits_list, shown


class Part(StrEnum):
    TRAIN = "train"
    TEST = "test"


class Place(msgspec.Struct):
    host: str = ""


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, "a whole number"),
        (Annotated[int, Meta(ge=1)], "a whole number of at least 1"),
        (Annotated[float, Meta(gt=0, lt=1)], "a number greater than 0 and less than 1"),
        (Annotated[float, Meta(ge=0, le=0.5)], "a number of at least 0 and of at most 0.5"),
        (bool, "true or false"),
        (str, "text"),
        (Annotated[str, Meta(min_length=1)], "text that is not empty"),
        (Annotated[str, Meta(pattern="^[a-z]+$")], "text that matches ^[a-z]+$"),
        (float | None, "a number or nothing (null)"),
        (None | str | int, "text or a whole number or nothing (null)"),
        (Literal["linear", "rbf"], "one of linear, rbf"),
        (Part, "one of train, test"),
        (tuple[int, str], "a list of 2 items (a whole number, text)"),
        (list[str], "a list, each text"),
        (tuple[int, ...], "a list, each a whole number"),
        (set[str], "a list, each text"),
        (Annotated[list[int], Meta(min_length=2, max_length=2)], "a list of 2 items, each a whole number"),
        (Annotated[list[int], Meta(min_length=2)], "a list of at least 2 items, each a whole number"),
        (
            Annotated[list[int], Meta(min_length=1, max_length=3)],
            "a list of at least 1 items and at most 3 items",
        ),
        (Annotated[list[int], Meta(max_length=3)], "a list of at most 3 items, each a whole number"),
        (dict[str, float], "a mapping of names to a number"),
        (Place, "a mapping"),
        (Any, "any value"),
    ],
)
def test_words(annotation, expected):
    assert words(annotation).startswith(expected)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (list[int], True),
        (tuple[int, int], True),
        (Annotated[list[int], Meta(min_length=1)], True),
        (list[int] | None, True),
        (list, True),
        (str, False),
        (dict[str, int], False),
        (int | str | None, False),
        (Any, False),
    ],
)
def test_which_types_have_lists_among_their_values(annotation, expected):
    assert admits_list(annotation) is expected


def test_a_long_value_is_shown_cut_short():
    assert shown("a" * 100) == "'" + "a" * 58 + "…"
    assert shown({"a": [1, None, True]}) == '{"a": [1, null, true]}'
