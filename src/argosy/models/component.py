"""What adapters and estimators share: options, learned state, and an exact form as data.

The options are the constructor's parameters, kept as attributes of the same names. What `fit` learns is kept in
attributes whose names end in `_`. `to_dict` and `from_dict` follow from that and need no code in a plug-in:
`type(x).from_dict(x.to_dict())` has the same options and the same learned bits.

Where the code of a class begins to answer otherwise, its `newest_edition` goes up by one: what was stored under an
older one is given back with that number, and answers as it did.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from argosy.errors import ArtifactCorrupt, NotFitted
from argosy.models.packing import Array, from_base64, pack, to_base64, unpack
from argosy.plugin_hooks import PluginHooks
from argosy.types import Options

_newest: ContextVar[int] = ContextVar("newest", default=1 << 31)


@contextmanager
def under_edition(newest: int) -> Iterator[None]:
    """Within the block new components are of that edition at most, to be fitted as they were then."""
    token = _newest.set(newest)
    try:
        yield
    finally:
        _newest.reset(token)


def edition_in(stored: Any) -> int:
    """The newest edition of any component, also inside of others, in what `to_dict` gives."""
    if isinstance(stored, Mapping):
        own = stored.get("edition")
        inner = max(map(edition_in, stored.values()), default=1)
        return max(own, inner) if type(own) is int else inner
    return max(map(edition_in, stored), default=1) if isinstance(stored, list) else 1


class Component(PluginHooks):
    """An adapter or an estimator. Fitting changes it; everything else may be called from several threads."""

    newest_edition: ClassVar[int] = 1
    """Of the class's answers; see `edition`."""

    @property
    def edition(self) -> int:
        """That which it was fitted under; of a new one the newest, from when it was first asked for."""
        found: int = vars(self).setdefault("_edition", min(type(self).newest_edition, _newest.get()))
        return found

    @edition.setter
    def edition(self, number: int) -> None:
        self._edition = number

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

    @contextmanager
    def kept_unless_done(self) -> Iterator[None]:
        """Fit it anew within the block: where that raises, it is what it was; else it is of today's edition."""
        before = dict(vars(self))
        for name in before:
            if name == "_edition" or isinstance(getattr(type(self), name, None), cached_property):
                del vars(self)[name]
        try:
            yield
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    def unfitted(self) -> Self:
        """A new one with the same options."""
        return type(self)(**self.arguments)

    def to_dict(self, put: Callable[[Array], Any] = to_base64) -> dict[str, Any]:
        """`{options, state}` as JSON values; `put` says what stands for an array."""
        edition = {"edition": self.edition} if self.edition != 1 else {}
        state = {name: pack(value, put) for name, value in self.state.items()}
        return {"options": self.options, **edition, "state": state}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], get: Callable[[Any], Array] = from_base64) -> Self:
        """The component that `to_dict` described. Options are trusted: check them with the registry beforehand."""
        component = cls(**{name: _frozen(value) for name, value in stored["options"].items()})
        state = {name: unpack(value, get) for name, value in stored["state"].items()}
        return component.restored({"edition": stored.get("edition", 1), **state})

    def learned(self) -> dict[str, Any]:
        """What it has learned, for a component that is made around it to keep; `restored` is the inverse."""
        return {**({"edition": self.edition} if self.edition != 1 else {}), **self.state}

    def restored(self, learned: Mapping[str, Any]) -> Self:
        """Take what another of the same options has learned; raises ArtifactCorrupt on an edition from the future."""
        edition = learned.get("edition", 1)
        if type(edition) is not int or not 1 <= edition <= type(self).newest_edition:
            name, known = type(self).__name__, type(self).newest_edition
            raise ArtifactCorrupt(f"a {name} of edition {edition!r}; this Argosy knows up to {known}: upgrade it")
        self.edition = edition
        for name, value in learned.items():
            if name == "edition":
                continue
            if not _is_learned(name):  # nothing else of an object is an artifact's to set
                raise ValueError(f"'{name}' is nothing that a {type(self).__name__} learns")
            setattr(self, name, value)
        return self

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
