"""Errors in a user's plug-in name the user's line."""

import importlib
import sys

import numpy as np
import pytest

from argosy.app.plugins import load_plugins
from argosy.definitions import expand, parse_plan
from argosy.definitions.definition import Registries
from argosy.error_messages import message_of
from argosy.errors import DefinitionInvalid, ModelFailed, PluginFailed
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators
from argosy.models.given import checked_answers, checked_rows
from argosy.registry import Registry

MODULE = """\
import numpy as np

from argosy.models.adapter import Adapter
from argosy.models.estimator import Estimator
from argosy.plugin_hooks import ModelHooks, PluginHooks


class Cut(PluginHooks):
    pass


class Model(ModelHooks):
    pass


class Fine(Adapter):
    def fit(self, inputs, labels):
        pass

    def transform(self, inputs):
        return [[1.0] for _ in inputs]


class Made(Fine):
    def __init__(self, size: int = 1) -> None:
        self.size = {}["no such key"]


class Asked(Fine):
    @classmethod
    def unused(cls, options):
        return options["no such key"]


class Breaking(Adapter):
    breaks = ""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails

    def fit(self, inputs, labels):
        if self.fails == "fit":
            raise KeyError("of fit")
        self.width_ = 1
        return self

    def transform(self, inputs):
        if self.breaks == "transform":
            raise KeyError("of transform")
        return np.array([[float(len(text))] for text in inputs])

    def restored(self, learned):
        if self.breaks == "restored":
            raise KeyError("of restored")
        return super().restored(learned)


class Scores(Estimator):
    def fit(self, X, y, n_classes):
        return self

    def scores(self, X):
        return X.nothing
"""


@pytest.fixture
def mine(tmp_path, request):
    name = f"failing_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    sys.path.insert(0, str(tmp_path))
    yield importlib.import_module(name)
    sys.path.remove(str(tmp_path))
    del sys.modules[name]


def expanded(mine, adapter):
    registries = Registries(Registry("dataset"), Registry("adapter"), Registry("model"))
    registries.datasets.register("cut", mine.Cut)
    registries.adapters.register("mine", adapter)
    registries.models.register("model", mine.Model)
    return expand(parse_plan({"dataset": "cut", "adapter": "mine", "model": "model"}, "p", registries), registries)


def line_of(text):
    return MODULE[: MODULE.index(text)].count("\n") + 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("\n1 / 0\n", "ZeroDivisionError: division by zero, at {file}:2 in <module>: 1 / 0"),
        ("x = 1\ndef (:\n", "SyntaxError: invalid syntax, at {file}:2: def (:"),
        ("import argosy_nowhere\n", "No module named 'argosy_nowhere', at {file}:1 in <module>: import argosy_nowhere"),
    ],
)
def test_a_module_that_cannot_be_imported(tmp_path, source, said):
    name = f"broken_{abs(hash(source))}"
    file = tmp_path / f"{name}.py"
    file.write_text(source)
    try:
        with pytest.raises(DefinitionInvalid) as caught:
            load_plugins(tmp_path, [name])
    finally:
        sys.path.remove(str(tmp_path))
    assert said.format(file=file) in str(caught.value)


@pytest.mark.parametrize(("name", "line"), [("Made", 'self.size = {}["'), ("Asked", 'return options["')])
def test_a_class_that_fails_when_a_plan_is_checked(mine, name, line):
    with pytest.raises(PluginFailed) as caught:
        expanded(mine, getattr(mine, name))
    said = str(caught.value)
    assert said.startswith("the adapter 'mine' fails: KeyError: 'no such key', at ")
    assert f"{mine.__file__}:{line_of(line)} in " in said
    assert said.endswith('["no such key"]')


def test_what_is_logged_has_the_line_and_not_the_message(mine):
    with pytest.raises(AttributeError) as caught:
        mine.Scores().scores("the text of an example")
    said = message_of(caught.value)
    assert f"AttributeError at {mine.__file__}:{line_of('return X.nothing')} in scores: return X.nothing" in said
    assert "example" not in said.replace("it may quote an example", "")


@pytest.fixture
def registered(mine, monkeypatch):
    for registry in (adapters, estimators):
        monkeypatch.setattr(registry, "_plugins", dict(registry._plugins))
    adapters.register("mine", mine.Breaking)
    return mine


def test_an_error_in_a_plugin_reaches_python_with_its_line_and_no_text(registered):
    inputs, labels = ["an apple", "a pear", "an apple", "a pear"], ["a", "b", "a", "b"]

    def line(text):
        return f"at {registered.__file__}:{line_of(text)} in "

    with pytest.raises(PluginFailed, match="the model cannot be fitted: KeyError at") as caught:
        AdaptedModel(registered.Breaking("fit"), estimators.get("nearest_centroid").create({})).fit(inputs, labels)
    assert line('raise KeyError("of fit")') in str(caught.value)
    assert "of fit" not in str(caught.value).replace('raise KeyError("of fit")', "")
    model = AdaptedModel(registered.Breaking(), estimators.get("nearest_centroid").create({})).fit(inputs, labels)
    stored = model.to_dict()
    registered.Breaking.breaks = "transform"
    for ask in (model.classify, model.scores, model.confidence):
        with pytest.raises(ModelFailed, match="the model cannot answer: KeyError at") as caught:
            ask(["a plum"])
        assert line('raise KeyError("of transform")') in str(caught.value)
        assert isinstance(caught.value.__cause__, KeyError)
    registered.Breaking.breaks = "restored"
    with pytest.raises(PluginFailed, match="cannot take what was stored by it: KeyError at") as caught:
        AdaptedModel.from_dict(stored)
    assert line('raise KeyError("of restored")') in str(caught.value)


def test_what_a_plugin_gives_back_is_checked_where_it_is_taken(mine):
    adapter, place = mine.Fine(), f"(at {mine.__file__}:{line_of('def transform')})"
    with pytest.raises(PluginFailed) as caught:
        checked_rows(adapter, "transform", adapter.transform(["a", "b"]), 2)
    assert str(caught.value).startswith("Fine.transform gave list for 2 inputs; expected is a csr matrix")
    assert str(caught.value).endswith(place)
    for features in (None, np.zeros(2), np.zeros((3, 2)), np.zeros((2, 2), np.float32)):
        with pytest.raises(PluginFailed):
            checked_rows(adapter, "transform", features, 2)
    assert checked_rows(adapter, "transform", np.zeros((2, 3)), 2).shape == (2, 3)
    for scores in (None, [[1.0]], np.zeros(2), np.zeros((3, 2)), np.zeros((2, 2), np.int64)):
        with pytest.raises(PluginFailed, match=r"Scores\.scores gave .* for 2 rows; expected is an array"):
            checked_answers(mine.Scores(), "scores", scores, 2)


def test_a_fit_that_forgets_to_return_itself(mine):
    with pytest.raises(PluginFailed, match=r"Fine\.fit gave NoneType: end it with `return self`"):
        mine.Fine().fit_transform(["a"], ["b"])
