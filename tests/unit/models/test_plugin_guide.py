"""docs/plugins.md lists every plug-in and option, and its examples run."""

import re
from pathlib import Path

import pytest

from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators
from argosy.registry import Plugin
from argosy.testing.adapters import check_adapter

GUIDE = (Path(__file__).parents[3] / "docs" / "plugins.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("registry", [adapters, estimators], ids=["adapters", "models"])
def test_every_name_alias_and_option_is_reported(registry):
    for name in [*registry.names(), *registry.aliases()]:
        assert f"`{name}`" in GUIDE
        for option in registry.get(name).options:
            assert f"`{option}`" in GUIDE, f"{name}.{option}"


def test_the_example_from_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(EXAMPLES[0], found)
    assert found["model"].classify(["what a match"]) == ["sport"]
    assert AdaptedModel.load("topics.model").to_dict() == found["model"].to_dict()


def test_the_example_adapter_passes_the_contract():
    found = {"__name__": "length_adapter"}
    source = EXAMPLES[1].replace('adapters.register("length", Length)', "")
    assert 'adapters.register("length", Length)' in EXAMPLES[1]
    exec(source, found)
    check_adapter(Plugin("adapter", "length", found["Length"], {}), {"scale": 10.0})
    assert len([line for line in source.splitlines() if line.strip()]) <= 20
