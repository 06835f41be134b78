"""What a plug-in's class is asked before anything is made of it; every hook that it may offer is declared here.

The bases that plug-ins derive from (`Cut`, `Adapter`, `Estimator`) derive from these; options come complete.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, Literal, NamedTuple

from argosy.types import FieldKind, LabelKind, Options


class NamedPlugin(NamedTuple):
    """A plug-in by its name, with the options that are given for it."""

    kind: Literal["adapter", "model"]
    name: str
    options: Options


class PluginHooks:
    """Of every kind."""

    @classmethod
    def unused(cls, options: Options) -> dict[str, str]:  # noqa: ARG003  # for subclasses to look at
        """Options without effect given the others, and why."""
        return {}

    @classmethod
    def lacks(cls, options: Options) -> str:  # noqa: ARG003
        """What to install before it can be trained with these options; nothing is imported to find out."""
        return ""

    @classmethod
    def named_plugins(cls, options: Options) -> tuple[NamedPlugin, ...]:  # noqa: ARG003
        """The plug-ins that its options name: their code is a part of what it does."""
        return ()


class AdapterHooks(PluginHooks):
    """Of adapters."""

    has_amounts: ClassVar[bool] = True
    """Whether a feature says how much there is of something, which most estimators weigh, and not which one it is."""

    @classmethod
    def is_non_negative(cls, options: Options) -> bool:  # noqa: ARG003
        """Whether features are never negative under these options, which naive Bayes needs."""
        return False

    @classmethod
    def named_fields(cls, options: Options) -> dict[str, FieldKind]:  # noqa: ARG003
        """The fields of a dictionary that its options name, each of which some example must have."""
        return {}

    @classmethod
    def text_fields(cls, options: Options) -> tuple[str, ...]:  # noqa: ARG003
        """The text fields that every dictionary must have for it to be asked; a lone text stands for any."""
        return ()


class ModelHooks(PluginHooks):
    """Of estimators."""

    cost: ClassVar[float] = 1.0
    """How long training takes compared with the other estimators: costly ones are queued first."""
    answers_sets: ClassVar[bool] = False
    """Whether it learns and answers several labels for one text."""
    answers_numbers: ClassVar[bool] = False
    """Whether it learns from labels that are numbers, and answers with a number."""
    answers_tensors: ClassVar[bool] = False
    """Whether it passes on the tensors of a model with a signature: it has no labels and no scores."""
    goes_on: ClassVar[bool] = False
    """Whether it can go on from an earlier version that its option `after` names."""

    @classmethod
    def label_kind(cls) -> LabelKind:
        """What labels are to it."""
        return "numbers" if cls.answers_numbers else "lists" if cls.answers_sets else "single"

    @classmethod
    def learner(cls, options: Options) -> type[ModelHooks]:  # noqa: ARG003
        """The estimator that is given the features: of one that is made around another, that other."""
        return cls

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:  # noqa: ARG003
        """Why this estimator cannot learn from that adapter's features under the adapter's options, or None."""
        if adapter.has_amounts:
            return None
        return f"{cls.__name__} weighs amounts, and {adapter.__name__} gives numbers that name things: take transformer"


def miscalled_hook(cls: type, base: type) -> str:
    """The first method that cannot be called as its base declares it, what it must take, and where; or nothing."""
    for name, declared in inspect.getmembers(base, callable):
        own = getattr(cls, name, None)
        if name.startswith("_") or own is declared or not (inspect.isroutine(declared) and inspect.isroutine(own)):
            continue
        wanted = inspect.signature(declared)
        named = [one for one in wanted.parameters.values() if one.kind is one.KEYWORD_ONLY]
        try:
            inspect.signature(own).bind(
                *[None] * (len(wanted.parameters) - len(named)), **{one.name: None for one in named}
            )
        except TypeError:
            return f"{cls.__qualname__}.{name} takes {_names(own)}, and must take {_names(declared)},{_place_of(own)}"
        except ValueError:  # compiled code that does not say what it takes
            continue
    return ""


def _names(method: Any) -> str:
    return f"({', '.join(map(str, inspect.signature(method).parameters))})"


def _place_of(method: Any) -> str:
    code = getattr(inspect.unwrap(method), "__code__", None)
    return f" at {code.co_filename}:{code.co_firstlineno}" if code else ""
