"""Two stored states of one plug-in's code, and the current one, in one process."""

import sys

import pytest

from argosy.errors import PluginFailed
from argosy.models.adapters import adapters
from argosy.registry import private_plugins
from argosy.store.kept_code import KeptCode
from argosy.store.kept_modules import import_kept

PLUGIN = b"""\
import helping
from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters
from parts import inner
from parts.deeper.last import LAST


class Mine(Adapter):
    def __init__(self, unit: float = 1.0) -> None:
        self.unit = unit

    def reported(self):
        from helping import later  # when it is asked

        return helping.SCALE, later(), inner.name(), LAST


adapters.register("kept-mine", Mine, aliases=("kept-own",))
"""


INNER = b"""\
from . import *
from .deeper.last import LAST as FAR


def name():
    return FAR + __package__[-5:]
"""


def code(scale, plugin=PLUGIN):
    files = {
        "plugin.py": plugin,
        "helping.py": b"SCALE = %d\ndef later():\n    return -SCALE\n" % scale,
        "parts/__init__.py": b"from . import inner\nTOP = 'top'\n",
        "parts/inner.py": INNER,
        "parts/deeper/last.py": b"LAST = 'last'\n",
    }
    return KeptCode({"adapter.kept-mine": "d"}, ["plugin"], files)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current module with the name of a stored one."""
    (tmp_path / "helping.py").write_text("SCALE = 99\ndef later():\n    return 99\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import helping

    yield helping
    del sys.modules["helping"]


def made(found):
    with private_plugins(found):
        return adapters.get("kept-mine").create({"unit": 2.0}), adapters.name_of(adapters.get("kept-own").cls)


def test_each_state_finds_its_own_modules_also_when_it_answers(here):
    first, second = import_kept(code(2)), import_kept(code(3))
    assert import_kept(code(2)) is first
    (old, name), (new, _) = made(first), made(second)
    assert old.reported() == (2, -2, "lastparts", "last")
    assert new.reported() == (3, -3, "lastparts", "last")
    assert name == "kept-mine"
    assert here.later() == 99
    assert "kept-mine" not in adapters.names()
    assert not {"plugin", "parts"} & set(sys.modules)


def test_what_was_not_kept_or_fails_names_the_line():
    with pytest.raises(PluginFailed, match=r"ModuleNotFoundError: the module .parts\.nowhere. was not stored, at argo"):
        import_kept(code(4, b"import parts.nowhere\n"))
    with pytest.raises(PluginFailed, match=r"division by zero, at argosy_kept_\w+/plugin\.py:2 in <module>: 1 / 0"):
        import_kept(code(4, b"x = 1\n1 / 0\n"))
