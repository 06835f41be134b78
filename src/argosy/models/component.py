"""What adapters and estimators share: options, learned state, and an exact form as data.

The options are the constructor's parameters, kept as attributes of the same names. What `fit` learns is kept in
attributes whose names end in `_`. `to_dict` and `from_dict` follow from that and need no code in a plug-in:
`type(x).from_dict(x.to_dict())` has the same options and the same learned bits.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from argosy.errors import NotFitted
from argosy.models.packing import Array, from_base64, pack, to_base64, unpack
from argosy.plugin_hooks import PluginHooks
from argosy.types import Options


class Component(PluginHooks):
    """An adapter or an estimator. Fitting changes it; everything else may be called from several threads."""

    @property
    def options(self) -> Options:
        """The constructor's arguments by name, as JSON values."""
        return {name: _plain(getattr(self, name)) for name in inspect.signature(type(self)).parameters}

    @property
    def arguments(self) -> dict[str, Any]:
        """The same as the constructor takes them."""
        return {name: getattr(self, name) for name in self.options}

    @property
    def state(self) -> dict[str, Any]:
        """What `fit` has learned, by attribute name: empty before."""
        return {name: value for name, value in vars(self).items() if _is_learned(name)}

    @property
    def inside(self) -> Sequence[Component]:
        """The components that it is made of, which keep what they have learned themselves."""
        return ()

    def limit_calls(self, seconds: float) -> None:
        """Let one call of another process take no longer; a component that calls none has nothing to limit."""

    def unfitted(self) -> Self:
        """A new one with the same options."""
        return type(self)(**self.arguments)

    def to_dict(self, put: Callable[[Array], Any] = to_base64) -> dict[str, Any]:
        """`{options, state}` as JSON values; `put` says what stands for an array."""
        return {"options": self.options, "state": {name: pack(value, put) for name, value in self.state.items()}}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], get: Callable[[Any], Array] = from_base64) -> Self:
        """The component that `to_dict` described. Options are trusted: check them with the registry beforehand."""
        component = cls(**{name: _frozen(value) for name, value in stored["options"].items()})
        for name, value in stored["state"].items():
            if not _is_learned(name):  # nothing else of an object is an artifact's to set
                raise ValueError(f"'{name}' is nothing that a {cls.__name__} learns")
            setattr(component, name, unpack(value, get))
        return component

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{type(self).__name__}({options})"

    if not TYPE_CHECKING:  # a checker should still miss an attribute that no class declares

        def __getattr__(self, name: str) -> Any:
            if _is_learned(name) or (hasattr(type(self), name) and not self.state):  # or a property that needs some
                raise NotFitted(f"this {type(self).__name__} has not been fitted yet: call fit first")
            raise AttributeError(f"{type(self).__name__} has no attribute '{name}'")


def _is_learned(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
