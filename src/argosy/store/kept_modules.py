"""Kept code as modules of their own: imported next to today's under names that nothing else has.

An `import` in a kept module finds kept modules first, also inside of functions, so that two states of the same code can
be in one process. What they register is found here alone, and not by plans.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib.util
import linecache
import sys
import threading
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import msgspec

from argosy.error_messages import place_of
from argosy.errors import ArgosyError, PluginFailed
from argosy.registry import PrivatePlugins, private_plugins
from argosy.store.kept_code import KeptCode

_lock = threading.RLock()
_imported: dict[str, PrivatePlugins] = {}


def import_kept(code: KeptCode) -> PrivatePlugins:
    """What the modules of that code register, which run once a process; raises PluginFailed where one raises."""
    name = f"argosy_kept_{hashlib.sha256(msgspec.json.encode(code)).hexdigest()[:16]}"
    with _lock:
        if name not in _imported:
            found: PrivatePlugins = {}
            modules = _KeptModules(name, code.files)
            with private_plugins(found):
                for module in code.modules:
                    try:
                        modules.module(module)
                    except ArgosyError:
                        raise
                    except Exception as error:  # whatever a user's module raises
                        said = f"{type(error).__name__}: {error},{place_of(error)}"
                        raise PluginFailed(f"the kept code of '{module}' fails: {said}") from error
            _imported[name] = found
        return _imported[name]


class _KeptModules:
    """The modules of one state of the code, as `NAME.…` in `sys.modules`."""

    def __init__(self, name: str, files: Mapping[str, bytes]) -> None:
        self._name = name
        self._paths = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in files}
        self._files = files
        self._top = {name.partition(".")[0] for name in self._paths}

    def module(self, name: str) -> ModuleType:
        """The module, and the packages around it; raises ModuleNotFoundError where it was not kept."""
        private = f"{self._name}.{name}"
        if private in sys.modules:
            return sys.modules[private]
        above, _, last = name.rpartition(".")
        package = self.module(above) if above else None
        if private not in sys.modules:  # the package may have imported it
            self._run(name, private)
        if package is not None:
            setattr(package, last, sys.modules[private])
        return sys.modules[private]

    def _run(self, name: str, private: str) -> None:
        path = self._paths.get(name, "")
        if not path and not any(other.startswith(f"{name}.") for other in self._paths):
            raise ModuleNotFoundError(f"the module '{name}' was not stored", name=name)
        source, is_package = self._files.get(path, b""), path.endswith("__init__.py") or not path
        module = ModuleType(private)
        module.__file__ = f"{self._name}/{path}"
        module.__package__ = private if is_package else private.rpartition(".")[0]
        if is_package:
            module.__path__ = []
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": self._import}
        text = importlib.util.decode_source(source)
        linecache.cache[module.__file__] = (len(text), None, text.splitlines(keepends=True), module.__file__)
        sys.modules[private] = module
        try:
            exec(compile(source, module.__file__, "exec", dont_inherit=True), vars(module))  # noqa: S102  # it ran here before
        except BaseException:
            del sys.modules[private]
            raise

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002  # as Python calls it
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """What an `import` of a kept module calls in place of Python's own."""
        if level:
            absolute = importlib.util.resolve_name("." * level + name, str((globals or {})["__package__"]))
            wanted = absolute.removeprefix(self._name).removeprefix(".")
        elif name.partition(".")[0] in self._top:
            wanted = name
        else:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        if not fromlist:
            self.module(wanted)
            return self.module(wanted.partition(".")[0])
        if wanted:
            module = self.module(wanted)
            for one in fromlist:
                if f"{wanted}.{one}" in self._paths and not hasattr(module, one):
                    self.module(f"{wanted}.{one}")
            return module
        raise ImportError("attempted relative import with no known parent package")
