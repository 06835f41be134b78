"""Plug-ins by name.

A `Registry` maps a name to a class, or to `"module:Class"` imported when it is first asked for, so that listing and
checking names costs no imports. A plug-in's options are its constructor's parameters: their annotations are the
types (`typing.Annotated[int, msgspec.Meta(ge=1)]` gives bounds, `Literal` the allowed values), their defaults the
defaults. A constructor only keeps its options, and raises ValueError where they do not fit together.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_type_hints

import msgspec

from argosy.error_messages import place_of
from argosy.errors import ArgosyError, DefinitionInvalid, PluginFailed, PluginNotFound, nearest
from argosy.plugin_hooks import miscalled_hook
from argosy.typed_values import admits_list, as_json, checked_json, checked_value, in_words
from argosy.types import Options

if TYPE_CHECKING:
    from argosy.plugin_code import PluginCode

T = TypeVar("T")

REQUIRED = inspect.Parameter.empty


class Option(msgspec.Struct, frozen=True):
    """One parameter of a plug-in's constructor."""

    name: str
    annotation: Any
    default: Any

    @property
    def is_required(self) -> bool:
        return self.default is REQUIRED

    @property
    def takes_list(self) -> bool:
        """Whether one value of it is a list."""
        return admits_list(self.annotation)

    @property
    def allowed(self) -> str:
        """What it takes, in words."""
        return in_words(self.annotation)

    def check(self, value: Any, path: str) -> Any:
        """The value as JSON; raises DefinitionInvalid. The default always passes, whatever it is annotated as.

        A function among its `Annotated` metadata is called with the value, and raises ValueError on one that is no
        good whatever the other options are.
        """
        if value is self.default or (type(value) is type(self.default) and value == self.default):
            return self.default_json()
        found = checked_json(self.annotation, value, path)
        try:
            for check in filter(callable, getattr(self.annotation, "__metadata__", ())):
                check(value)
        except ValueError as problem:
            raise DefinitionInvalid(str(problem), path) from None
        return found

    def default_json(self) -> Any:
        """The default as JSON; always a fresh value."""
        return as_json(self.default)

    def convert(self, value: Any, path: str) -> Any:
        """A checked JSON value as the constructor takes it."""
        default = None if self.is_required else self.default_json()
        if not self.is_required and type(value) is type(default) and value == default:
            return self.default.copy() if isinstance(self.default, list | dict | set) else self.default
        return checked_value(self.annotation, value, path)


class Plugin(Generic[T]):
    """One registered class, its options and its aliases."""

    def __init__(
        self, noun: str, name: str, target: str | type[T], option_aliases: Mapping[str, str], base: str = ""
    ) -> None:
        self.noun, self.name, self._target, self._base = noun, name, target, base
        self.option_aliases = dict(option_aliases)

    @cached_property
    def cls(self) -> type[T]:
        """Raises DefinitionInvalid where it does not derive from its kind's base, or its methods take other things."""
        cls: type[T] = _imported(self._target) if isinstance(self._target, str) else self._target
        if not self._base:
            return cls
        base = _imported(self._base)
        if not issubclass(cls, base):
            problem = f"the {self.noun} '{self.name}' must derive from {self._base.replace(':', '.')}"
            raise DefinitionInvalid(f"{problem}: {cls.__module__}.{cls.__qualname__} does not")
        if not self.is_own and (problem := miscalled_hook(cls, base)):
            raise DefinitionInvalid(f"the {self.noun} '{self.name}': {problem}")
        return cls

    @property
    def is_own(self) -> bool:
        """Whether it is Argosy's own, known without an import."""
        module = self._target.partition(":")[0] if isinstance(self._target, str) else self._target.__module__
        return module.partition(".")[0] == "argosy"

    def is_for(self, cls: type) -> bool:
        """Whether this plug-in makes objects of that class."""
        return self._target in (cls, f"{cls.__module__}:{cls.__qualname__}")

    @cached_property
    def options(self) -> dict[str, Option]:
        """By name, in the constructor's order."""
        hints = get_type_hints(self.cls.__init__, include_extras=True) or get_type_hints(self.cls, include_extras=True)
        found = {}
        for name, parameter in inspect.signature(self.cls).parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
                raise DefinitionInvalid(f"{self.cls.__qualname__} takes '{parameter}': name every option", self.name)
            found[name] = Option(name, hints.get(name, Any), parameter.default)
        return found

    def option(self, given: str, path: str = "options") -> Option:
        """The option of that name or alias; raises DefinitionInvalid, which lists those there are."""
        found = self.options.get(self.option_aliases.get(given, given))
        if found is None:
            known = ", ".join(self.options) or "none"
            hint = nearest(given, [*self.options, *self.option_aliases])
            raise DefinitionInvalid(f"{self.name} has no such option{hint}; it takes: {known}", f"{path}.{given}")
        return found

    def rename(self, options: Mapping[str, Any], path: str = "options") -> Options:
        """The options under their own names; raises DefinitionInvalid on an unknown or doubled one."""
        spelling: dict[str, str] = {}
        for given in options:
            name = self.option(given, path).name
            first = spelling.setdefault(name, given)
            if first != given:
                raise DefinitionInvalid(f"'{first}' and '{given}' are the same option: give one", f"{path}.{given}")
        return {name: options[given] for name, given in spelling.items()}

    def check(self, options: Mapping[str, Any], path: str = "options") -> Options:
        """The options complete with defaults, as JSON values; raises DefinitionInvalid with the option's path."""
        named = self.rename(options, path)
        return {
            name: option.check(named[name], f"{path}.{name}") if name in named else self.default(name, path)
            for name, option in self.options.items()
        }

    def default(self, name: str, path: str = "options") -> Any:
        """The default of an option that was not given; raises DefinitionInvalid where there is none."""
        option = self.options[name]
        if option.is_required:
            raise DefinitionInvalid(f"{self.name} needs it: {option.allowed}", f"{path}.{name}")
        return option.default_json()

    def create(self, options: Mapping[str, Any], path: str = "options") -> T:
        """An instance; raises DefinitionInvalid where an option is ill-typed, or the constructor refuses the whole."""
        values = {
            name: self.options[name].convert(value, f"{path}.{name}")
            for name, value in self.check(options, path).items()
        }
        with self.guarded():
            try:
                return self.cls(**values)
            except ValueError as error:
                raise DefinitionInvalid(str(error), path) from error

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Around a call of its class, with options alone; raises PluginFailed in place of what else is raised."""
        try:
            yield
        except ArgosyError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise PluginFailed(f"the {self.noun} '{self.name}' fails: {said},{place_of(error)}") from error

    @property
    def code_digest(self) -> str:
        """Of its module and what that imports next to it; empty for Argosy's own, whose version is the package's."""
        return "" if self.code is None else self.code.digest

    @cached_property
    def code(self) -> PluginCode | None:
        """The sources behind the digest, as they were when the class was registered or first asked for."""
        module = inspect.getmodule(self.cls)
        if module is not None and module.__name__.split(".")[0] == "argosy":
            return None
        try:
            source = inspect.getsource(module or self.cls)
        except (OSError, TypeError):
            problem = "its source cannot be read: put the class into a module in the project's folder"
            raise DefinitionInvalid(problem, self.name) from None
        from argosy import plugin_code  # for users' own alone

        return plugin_code.code_of_module(module, source)


PrivatePlugins = dict[tuple[str, str], Plugin[Any]]
"""By noun and name, other spellings too."""
_private: ContextVar[PrivatePlugins | None] = ContextVar("private", default=None)


@contextmanager
def private_plugins(found: PrivatePlugins) -> Iterator[None]:
    """Within the block, and for this thread, what is registered goes into `found` alone and is found there first."""
    token = _private.set(found)
    try:
        yield
    finally:
        _private.reset(token)


class Registry(Generic[T]):
    """The plug-ins of one kind. Registration is explicit and a second one under a name is refused.

    `base` is the class that they derive from, as `"module:Class"`, so that a registry costs no import of it.
    """

    def __init__(self, noun: str, base: str = "") -> None:
        self.noun, self._base = noun, base
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
        private = _private.get()
        known = self._plugins.keys() | self._aliases.keys()
        taken = {name, *aliases} & (known if private is None else {one for noun, one in private if noun == self.noun})
        if taken:
            raise ValueError(f"the {self.noun} name '{min(taken)}' is already taken")
        plugin = Plugin(self.noun, name, target, option_aliases or {}, self._base)
        if private is not None:
            private.update(dict.fromkeys(((self.noun, one) for one in (name, *aliases)), plugin))
            return
        if not isinstance(target, str):
            _ = plugin.cls
            with suppress(DefinitionInvalid):  # said where the digest is asked for
                plugin.code  # noqa: B018  # now, while the file is still the one that was imported
        self._plugins[name] = plugin
        self._aliases.update(dict.fromkeys(aliases, name))

    def names(self) -> list[str]:
        """Sorted, without aliases."""
        return sorted(self._plugins)

    def aliases(self) -> dict[str, str]:
        """Other spelling to name."""
        return dict(self._aliases)

    def name_of(self, cls: type) -> str:
        """The name that the class is registered under, importing nothing; raises PluginNotFound."""
        private = {name: plugin for (noun, name), plugin in (_private.get() or {}).items() if noun == self.noun}
        for plugin in (*private.values(), *self._plugins.values()):
            if plugin.is_for(cls):
                return plugin.name
        raise PluginNotFound(self.noun, f"{cls.__module__}:{cls.__qualname__}", self._plugins)

    def get(self, name: str, path: str = "") -> Plugin[T]:
        """The plug-in of that name or alias; raises PluginNotFound, which lists those there are."""
        private = _private.get() or {}
        plugin = private.get((self.noun, name)) or self._plugins.get(self._aliases.get(name, name))
        if plugin is None:
            raise PluginNotFound(self.noun, name, self._plugins, path)
        return plugin


def _imported(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)
