"""The HTTP status of each error: the caller's or the server's fault."""

import pytest

from argosy.errors import DefinitionInvalid, ExtraMissing, ModelFailed, PluginFailed
from argosy.http.errors import status_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DefinitionInvalid("no such label", "label"), 400),
        (PluginFailed("words.py, line 3: KeyError: 'a'"), 500),
        (ModelFailed("words.py, line 3: KeyError: 'a'"), 500),
        (ExtraMissing("gensim", "word2vec", "word vectors"), 500),
        (RuntimeError("a defect"), 500),
    ],
)
def test_missing_requirements_of_the_server_are_not_the_callers_error(error, status):
    assert status_of(error) == status
