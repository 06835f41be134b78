"""A server and a version whose plug-ins' code has changed, or is not known."""

import logging
import re

import pytest

from argosy.errors import PluginCodeChanged, RowUnreadable
from argosy.models.estimators import estimators
from argosy.serving.plugin_code import TrainedCode
from argosy.serving.servable import ArtifactReference
from argosy.store.trained import Trained


def trained(plugins, of=()):
    adapter = {"name": "members", "options": {"of": list(of)}} if of else {"name": "tfidf", "options": {}}
    return Trained("label", {"adapter": adapter}, "d", "a", 1, {}, {}, 0.1, 1.0, {}, {"plugins": plugins})


class Rows:
    """A store of results by label."""

    def __init__(self, **results):
        self.results = results

    def trained(self, label):
        if label not in self.results:
            raise RowUnreadable("trained", label, "it is damaged", "restore a backup")
        return self.results[label]


SAME = {"model.logistic": estimators.get("logistic").code_digest}
STORE = Rows(
    same=trained(SAME),
    none=trained({}),
    dataset=trained({"dataset.mine": "0" * 64}),
    changed=trained({"model.logistic": "0" * 64}),
    gone=trained({"adapter.mine": "0" * 64, **SAME}),
    ensemble=trained({}, of=["same", "changed"]),
)
OTHER = {"changed": "model.logistic", "gone": "adapter.mine", "ensemble": "model.logistic"}


def reference(label):
    return ArtifactReference(label, "a" * 64, "topics@3")


@pytest.mark.parametrize("is_strict", [True, False])
@pytest.mark.parametrize("label", ["same", "none", "dataset"])
def test_the_same_code_needs_no_word(label, is_strict, caplog):
    TrainedCode(STORE, is_strict).check(reference(label))
    assert caplog.text == ""


@pytest.mark.parametrize("label", OTHER)
def test_changed_code_causes_a_warning_or_a_refusal(label, caplog):
    said = f"topics@3 ({label}) was trained with other code of {OTHER[label]} than is here"
    with caplog.at_level(logging.WARNING, "argosy.serving"):
        TrainedCode(STORE, is_strict=False).check(reference(label))
    assert said in caplog.text
    with pytest.raises(PluginCodeChanged, match=re.escape(said)):
        TrainedCode(STORE, is_strict=True).check(reference(label))


def test_an_unreadable_row_blocks_no_version(caplog):
    with caplog.at_level(logging.WARNING, "argosy.serving"):
        TrainedCode(STORE, is_strict=False).check(reference("damaged"))
    assert "topics@3 (damaged): whether" in caplog.text
    with pytest.raises(RowUnreadable):
        TrainedCode(STORE, is_strict=True).check(reference("damaged"))
