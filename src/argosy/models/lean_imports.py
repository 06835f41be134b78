"""Imports of scikit-learn without what it takes along where it is installed, and what no fit here uses.

It tries to import pandas, for the frames that it may be given, and rich, for its progress bars: a quarter of the time
that a worker takes to start. Both can be imported, and given to scikit-learn, afterwards.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Final

LEFT_OUT: Final = ("pandas", "rich")


def import_lean(name: str) -> None:
    """Import a module of scikit-learn. While it is imported, other threads find neither pandas nor rich."""
    modules: dict[str, Any] = sys.modules
    hidden = [one for one in LEFT_OUT if one not in modules and "sklearn" not in modules]
    modules.update(dict.fromkeys(hidden))  # None says that a module cannot be imported
    try:
        importlib.import_module(name)
    finally:
        for one in hidden:
            del modules[one]
