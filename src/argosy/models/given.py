"""What a plug-in gives back or raises, checked where it is called: an error in ours would point at the wrong code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from argosy.error_messages import is_from_users_code, message_of
from argosy.errors import ArgosyError, PluginFailed
from argosy.models.answers import Scores


@contextmanager
def users_code(failed: Callable[[str], ArgosyError]) -> Iterator[None]:
    """Around calls of plug-ins: raise what `failed` makes of an error of a user's code, its place in one line."""
    try:
        yield
    except ArgosyError:
        raise
    except Exception as error:
        if is_from_users_code(error):
            raise failed(message_of(error)) from error
        raise


def checked_rows(adapter: object, method: str, features: Any, rows: int) -> Any:
    """The features; raises PluginFailed unless they are a csr matrix or a dense array of float64, a row an input."""
    is_csr = not isinstance(features, np.ndarray) and getattr(features, "format", "") == "csr"
    is_table = (is_csr or isinstance(features, np.ndarray)) and features.ndim == 2
    if not is_table or features.dtype != np.float64 or features.shape[0] != rows:
        expected = f"for {rows} inputs; expected is a csr matrix or a dense array of float64, a row an input"
        raise PluginFailed(f"{_name(adapter, method)} gave {_described(features)} {expected}{_place(adapter, method)}")
    return features


def checked_fit(adapter: object, given: object) -> None:
    """Raises PluginFailed where `fit` gave back something else than the adapter."""
    if given is not adapter:
        gave = f"{_name(adapter, 'fit')} gave {_described(given)}: end it with `return self`"
        raise PluginFailed(f"{gave}{_place(adapter, 'fit')}")


def checked_answers(estimator: object, method: str, scores: Any, rows: int) -> Scores:
    """The scores; raises PluginFailed unless they are an array of float64, a row an input."""
    is_table = isinstance(scores, np.ndarray) and scores.ndim == 2 and scores.dtype == np.float64
    if not is_table or len(scores) != rows:
        expected = f"for {rows} rows; expected is an array (rows, classes) of float64"
        gave = f"{_name(estimator, method)} gave {_described(scores)}"
        raise PluginFailed(f"{gave} {expected}{_place(estimator, method)}")
    return np.asarray(scores)


def _name(plugin: object, method: str) -> str:
    return f"{type(plugin).__name__}.{method}"


def _described(value: Any) -> str:
    """Its type, and its shape where it has one: no value, which may be an example's."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", "")
    return type(value).__name__ + (f" {shape} {dtype}".rstrip() if shape is not None else "")


def _place(plugin: object, method: str) -> str:
    try:
        function = getattr(type(plugin), method)
        return f" (at {inspect.getsourcefile(function)}:{inspect.getsourcelines(function)[1]})"
    except (OSError, TypeError):
        return ""
