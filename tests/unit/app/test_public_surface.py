"""What `import argosy` offers: small, and pinned here."""

import subprocess
import sys

import pytest

import argosy


def test_the_public_names_are_these():
    names = ["AdaptedModel", "Example", "Project", "RemoteStore", "__version__", "attach", "log", "open"]
    assert argosy.__all__ == names
    for name in argosy.__all__:
        assert getattr(argosy, name) is not None


def test_another_name_is_no_attribute():
    with pytest.raises(AttributeError, match="argosy has no 'train'"):
        argosy.train  # noqa: B018


def test_importing_argosy_imports_nothing_else():
    program = "import argosy, sys; print(*(name for name in sys.modules if name.startswith('argosy.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["argosy.version"]
