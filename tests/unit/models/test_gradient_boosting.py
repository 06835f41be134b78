"""Trees as LightGBM grows them: stored as text, the same in every process."""

import hashlib
import re
import subprocess
import sys

import numpy as np
import pytest

from argosy.errors import ArtifactCorrupt, ExtraMissing
from argosy.models.adapted_model import AdaptedModel
from argosy.models.boosted_trees import are_complete_trees
from argosy.models.estimators.gradient_boosting import GradientBoosting
from argosy.testing.estimators import separable_rows
from argosy.testing.fields import labelled_fields

PROGRAM = """
import hashlib
from argosy.models.estimators.gradient_boosting import GradientBoosting
from argosy.testing.estimators import separable_rows
fitted = GradientBoosting(trees=5, min_rows=3, row_share=0.7).fit(*separable_rows(4), 4)
print(hashlib.sha256(fitted.trees_.tobytes()).hexdigest())
"""


def test_another_process_grows_the_same_trees():
    pytest.importorskip("lightgbm")
    fitted = GradientBoosting(trees=5, min_rows=3, row_share=0.7).fit(*separable_rows(4), 4)
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(fitted.trees_.tobytes()).hexdigest()


@pytest.mark.parametrize("n_classes", [2, 4])
def test_probabilities_are_lightgbms(n_classes):
    lightgbm = pytest.importorskip("lightgbm")
    rows, codes = separable_rows(n_classes)
    theirs = lightgbm.LGBMClassifier(
        n_estimators=8, min_child_samples=3, verbosity=-1, n_jobs=1, deterministic=True, force_row_wise=True
    ).fit(rows, codes)
    ours = GradientBoosting(trees=8, min_rows=3).fit(rows, codes, n_classes)
    assert np.abs(ours.probabilities(rows) - theirs.predict_proba(rows)).max() < 1e-9


def test_fields_through_an_artifact(tmp_path):
    pytest.importorskip("lightgbm")
    inputs, labels = labelled_fields(150)
    model = AdaptedModel.from_names("numeric", {}, "gradient_boosting", {"trees": 20, "min_rows": 5}).fit(
        inputs, labels
    )
    restored = AdaptedModel.load(model.save(tmp_path / "model"))
    assert np.array_equal(restored.predict_proba(inputs), model.predict_proba(inputs))
    assert restored.accuracy((inputs, labels)) > 0.9
    restored.estimator.trees_ = restored.estimator.trees_[:100]
    restored.estimator.__dict__.pop("_booster")
    with pytest.raises(ArtifactCorrupt, match="damaged"):
        restored.classify(inputs)


def resized(text):
    """With the sizes that its trees have."""
    blocks = text.partition("end of trees")[0].split("Tree=")[1:]
    return re.sub("tree_sizes=.*", "tree_sizes=" + " ".join(str(len("Tree=" + block)) for block in blocks), text)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_damaged_trees_are_refused_before_lightgbm_reads_them(n_classes):
    pytest.importorskip("lightgbm")
    rows, codes = separable_rows(n_classes)
    model = GradientBoosting(trees=3, min_rows=3).fit(rows, codes, n_classes)
    text, outputs = model.trees_.tobytes().decode(), 1 if n_classes == 2 else n_classes
    assert are_complete_trees(resized(text), outputs)
    assert resized(text) == text
    for changed in (
        re.sub(r"num_class=\d+", "num_class=2000000000", text),  # 30 GB of answers
        re.sub(r"max_feature_idx=\d+", "max_feature_idx=2000000000", text),
        re.sub(r"tree_sizes=\d", "tree_sizes=9", text),  # reads beyond the end
        resized(re.sub(r"left_child=-?\d", "left_child=0", text)),  # loops forever
        resized(re.sub(r"left_child=-?\d", "left_child=99", text)),
        resized(re.sub(r"split_feature=\d", "split_feature=9999", text)),
        resized(re.sub(r"leaf_value=\S+ ", "leaf_value=", text)),
        resized(text.replace("num_cat=0", "num_cat=1")),
        resized(text.replace("num_cat=0\n", "num_cat=0\nnum_cat=0\n")),
        resized(text.replace("right_child=", "right_child=0_")),
        text[: len(text) // 3],
    ):
        assert changed != text
        assert not are_complete_trees(changed, outputs)
        damaged = GradientBoosting(trees=3, min_rows=3)
        damaged.trees_, damaged.classes_ = np.frombuffer(changed.encode(), np.uint8), n_classes
        with pytest.raises(ArtifactCorrupt, match="damaged"):
            damaged.scores(rows)


def test_without_the_extra_the_command_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'argosy\[boosting\]'"):
        GradientBoosting().fit(*separable_rows(2), 2)


def test_a_seed_without_a_draw_has_no_effect():
    assert set(GradientBoosting.unused({})) == {"seed"}
    assert GradientBoosting.unused({"row_share": 0.5}) == {}
