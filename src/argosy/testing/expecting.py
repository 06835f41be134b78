"""Expecting an error without a test framework, so that the kits need none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E", bound=Exception)


def raised(kind: type[E], call: Callable[..., Any], *arguments: Any) -> E:
    """The error of that kind that the call raised; an AssertionError where it raised none."""
    try:
        call(*arguments)
    except kind as error:
        return error
    shown = ", ".join(repr(argument)[:60] for argument in arguments)
    raise AssertionError(f"{getattr(call, '__qualname__', call)}({shown}) raised no {kind.__name__}")
