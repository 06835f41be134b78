"""Plug-ins by name.

A `Registry` maps a name to a class, or to `"module:Class"` imported when it is first asked for, so that listing and
checking names costs no imports. A plug-in's options are its constructor's parameters: their annotations are the
types (`typing.Annotated[int, msgspec.Meta(ge=1)]` gives bounds, `Literal` the allowed values), their defaults the
defaults.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec

from argosy.errors import DefinitionInvalid, PluginNotFound, nearest
from argosy.types import Options

T = TypeVar("T")


class Plugin(Generic[T]):
    """One registered class, its option schema and its aliases."""

    def __init__(self, noun: str, name: str, target: str | type[T], option_aliases: Mapping[str, str]) -> None:
        self.noun, self.name, self._target, self.option_aliases = noun, name, target, dict(option_aliases)

    @cached_property
    def cls(self) -> type[T]:
        if not isinstance(self._target, str):
            return self._target
        module, _, attribute = self._target.partition(":")
        return getattr(importlib.import_module(module), attribute)  # type: ignore[no-any-return]  # checked by tests

    @cached_property
    def option_types(self) -> dict[str, Any]:
        """Each option's annotation, in the constructor's order."""
        hints = get_type_hints(self.cls.__init__, include_extras=True)
        return {name: hints.get(name, Any) for name in inspect.signature(self.cls).parameters}

    @cached_property
    def _schema(self) -> type[msgspec.Struct]:
        fields: list[Any] = []
        for name, parameter in inspect.signature(self.cls).parameters.items():
            annotation = self.option_types[name]
            if parameter.default is inspect.Parameter.empty:
                fields.append((name, annotation))
            else:
                fields.append((name, annotation, _frozen_default(parameter.default)))
        return msgspec.defstruct(self.name, fields, forbid_unknown_fields=True, kw_only=True)

    def check(self, options: Mapping[str, Any], path: str = "options") -> Options:
        """The options complete with defaults, as JSON values; raises DefinitionInvalid with the option's path."""
        named = self.rename(options, path)
        try:
            checked = msgspec.convert(named, self._schema, strict=True)
        except msgspec.ValidationError as error:
            problem, _, where = str(error).partition(" - at `$")
            raise DefinitionInvalid(self._explain(problem, named), path + where.rstrip("`")) from None
        return {name: msgspec.to_builtins(getattr(checked, name)) for name in self.option_types}

    def rename(self, options: Mapping[str, Any], path: str = "options") -> Options:
        """The options under their own names; raises DefinitionInvalid on an unknown or doubled one."""
        named: Options = {}
        for given, value in options.items():
            name = self.option_aliases.get(given, given)
            if name not in self.option_types:
                known = ", ".join(self.option_types) or "none"
                hint = nearest(given, self.option_types)
                raise DefinitionInvalid(f"{self.name} has no such option{hint}; it takes: {known}", f"{path}.{given}")
            if name in named:
                raise DefinitionInvalid(f"'{given}' and '{name}' are the same option: give one", f"{path}.{given}")
            named[name] = value
        return named

    def create(self, options: Mapping[str, Any], path: str = "options") -> T:
        """An instance made from checked options."""
        return self.cls(**msgspec.structs.asdict(msgspec.convert(self.check(options, path), self._schema)))

    @cached_property
    def code_digest(self) -> str:
        """sha256 of the module that holds the class: empty for Argosy's own, whose version is the package's."""
        module = inspect.getmodule(self.cls)
        if module is None or module.__name__.split(".")[0] == "argosy":
            return ""
        return hashlib.sha256(inspect.getsource(module).encode()).hexdigest()

    def _explain(self, problem: str, named: Options) -> str:
        """msgspec's sentence, with the allowed values where it leaves them out."""
        if problem.startswith("Invalid enum value"):
            allowed = [_allowed(kind) for kind in self.option_types.values() if _allowed(kind)]
            matching = [values for values in allowed if not any(value in values for value in named.values())]
            return problem + (f"; allowed: {', '.join(map(str, matching[0]))}" if len(matching) == 1 else "")
        return problem[:1].lower() + problem[1:]


class Registry(Generic[T]):
    """The plug-ins of one kind. Registration is explicit and a second one under a name is refused."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._plugins: dict[str, Plugin[T]] = {}
        self._aliases: dict[str, str] = {}

    def register(
        self,
        name: str,
        target: str | type[T],
        *,
        aliases: tuple[str, ...] = (),
        option_aliases: Mapping[str, str] | None = None,
    ) -> None:
        """Add a class, or `"module:Class"`; `aliases` are other spellings, `option_aliases` maps old option names."""
        taken = {name, *aliases} & (self._plugins.keys() | self._aliases.keys())
        if taken:
            raise ValueError(f"the {self.noun} name '{taken.pop()}' is already taken")
        self._plugins[name] = Plugin(self.noun, name, target, option_aliases or {})
        self._aliases.update(dict.fromkeys(aliases, name))

    def names(self) -> list[str]:
        return sorted(self._plugins)

    def get(self, name: str, path: str = "") -> Plugin[T]:
        """The plug-in of that name or alias; raises PluginNotFound, which lists those there are."""
        plugin = self._plugins.get(self._aliases.get(name, name))
        if plugin is None:
            raise PluginNotFound(self.noun, name, self._plugins, path)
        return plugin


def _frozen_default(value: Any) -> Any:
    return msgspec.field(default_factory=lambda: value) if isinstance(value, list | dict | set) else value


def _allowed(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__args__", ()) if "Literal" in str(annotation) else ()
