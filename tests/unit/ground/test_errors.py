"""The tree of errors: one line each, data as attributes."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy import errors
from argosy.errors import ArgosyError, DefinitionInvalid, ExtraMissing, PluginNotFound, UserMistake, nearest

ALL = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)]


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_every_error_is_in_the_tree_and_has_a_docstring(cls):
    assert issubclass(cls, ArgosyError)
    assert cls.__doc__
    assert cls.__module__.startswith("argosy.errors.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("is missing",), "is missing"),
        (("is missing", "model.name"), "model.name: is missing"),
        (("is missing", "", "plan.yaml"), "plan.yaml: is missing"),
        (("is missing", "a\n\u202e.b"), r"a\n\u202e.b: is missing"),
        (("is missing", "a" * 300), "a" * 199 + "…: is missing"),
        (("is missing", "model.name", "plan.yaml"), "plan.yaml: model.name: is missing"),
    ],
)
def test_an_invalid_definition_has_file_path_and_problem(arguments, message):
    error = DefinitionInvalid(*arguments)
    assert str(error) == message
    assert isinstance(error, UserMistake)
    assert error.problem == "is missing"


def test_an_unknown_plugin_is_reported_with_the_nearest_and_all():
    error = PluginNotFound("model", "smv", ["svm", "bayes"])
    assert str(error) == "no model is called 'smv' (did you mean 'svm'?); there are: bayes, svm"
    assert (error.noun, error.name) == ("model", "smv")


def test_a_missing_package_is_reported_with_the_command_that_installs_it():
    message = str(ExtraMissing("gensim", "word2vec", "the adapter word2vec"))
    assert message == "the adapter word2vec needs the package 'gensim': pip install 'argosy[word2vec]'"


@given(st.text(min_size=1, max_size=10), st.lists(st.text(max_size=10), max_size=5))
@settings(deadline=None, max_examples=50)
def test_the_nearest_is_one_of_those_known_or_nothing(name, known):
    assert nearest(name, known) in ["", *(f" (did you mean '{each}'?)" for each in known)]
    assert nearest(name, [*known, name]) == f" (did you mean '{name}'?)"
