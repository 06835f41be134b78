"""A version exported to one file and imported into another project with its figures and history."""

import errno
import hashlib
import json
import os
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from exported_pairs import PAIRS

import argosy
from argosy.cli.main import run
from argosy.errors import ExportInvalid, ImportInvalid, ModelNotFound, PathInvalid, VersionNotFound
from argosy.models.adapted_model import AdaptedModel
from argosy.transfer import exported, exporting

ASKED = ["parcel late again", "my card", "PASSWORD", "nothing of it"]
DOCUMENTS = ["argosy", "json"]


@pytest.fixture(scope="module")
def shop(source, keep):
    """A version with tags, an alias and a mark."""
    reference = keep(PAIRS["tfidf-logistic"](), "shop")
    source.models.promote(reference)
    source.models.tag(reference, "ticket", "OPS-17")
    source.models.mark(reference, "too old")
    return reference


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_version_comes_into_another_project_as_it_was(form, source, shop, target, tmp_path):
    path = source.models.export(shop, tmp_path / "shop.file", form)
    assert path.stat().st_mode & 0o777 == 0o600
    version = target.models.import_file(path)
    assert (version.model, version.number, version.mark) == ("shop", 1, "too old")
    before, after = source.models.trained(shop), target.models.trained("shop@1")
    for name in ("label", "definition", "metrics", "artifact", "dataset_digest", "rows_right", "log", "size_bytes"):
        assert getattr(after, name) == getattr(before, name)
    origin = after.environment["imported"]
    assert (origin["version"], origin["project"], origin["file"]) == (shop, "shop", "shop.file")
    assert {**after.environment, "imported": 0} == {**before.environment, "imported": 0}
    assert target.models.tags("shop@1") == {"ticket": "OPS-17"}
    expected = source.models[shop].predict_proba(ASKED)
    assert np.array_equal(target.models["shop@1"].predict_proba(ASKED), expected)
    assert target.lineage("shop@1").rows.frozen_at is None


def test_the_same_file_is_one_version_and_may_be_one_of_another_model_too(source, shop, target, tmp_path):
    path = source.models.export(shop, tmp_path / "a")
    assert [target.models.import_file(path).reference for _ in range(2)] == ["shop@1", "shop@1"]
    assert target.models.import_file(path, "other").reference == "other@1"
    assert source.models.import_file(path).reference == shop


def test_the_file_is_an_artifact_too_and_answers_without_a_project(source, shop, tmp_path):
    path = source.models.export(shop, tmp_path / "a")
    assert np.array_equal(AdaptedModel.load(path).scores(ASKED), source.models[shop].scores(ASKED))


def test_without_a_project_it_answers_by_the_decisions_in_the_file(source, shop, tmp_path):
    source.models.decide(shop, abstain=(1.0, "unsure"))
    try:
        loaded = AdaptedModel.load(source.models.export(shop, tmp_path / "a"))
        assert loaded.classify(ASKED) == source.models[shop].classify(ASKED) == ["unsure"] * len(ASKED)
    finally:
        source.models.decide(shop, remove=["abstain"])


@pytest.mark.parametrize("form", DOCUMENTS)
@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_comes_back_to_the_same_bits(form, name, source, keep, target, tmp_path):
    reference = keep(PAIRS[name](), f"pair-{name}")
    version = target.models.import_file(source.models.export(reference, tmp_path / "a", form))
    assert version.artifact == source.models.resolve(reference).artifact
    assert target.models[version.reference].classify(["parcel late"]) == source.models[reference].classify(
        ["parcel late"]
    )


def test_a_damaged_or_changed_file_is_refused_and_nothing_is_kept(source, shop, target, tmp_path):
    path = source.models.export(shop, tmp_path / "a")
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(ImportInvalid, match="the file is damaged, or was changed"):
        target.models.import_file(path)
    document = json.loads(source.models.export(shop, tmp_path / "b", "json").read_text())
    for changed, problem in (
        ({"classes": ["a", "b", "c"]}, "the file is damaged, or was changed"),
        ({"exported": {**document["exported"], "format": 9}}, "reads up to 1: upgrade it"),
        ({"exported": {}}, "what it says of its version is damaged"),
        ({"exported": None}, "it holds no version"),
    ):
        (tmp_path / "c").write_text(json.dumps({**document, **changed}))
        with pytest.raises(ImportInvalid, match=problem):
            target.models.import_file(tmp_path / "c")
    trained = document["exported"]["trained"]
    for name, value in (
        ("definition", {"adapter": {}}),
        ("environment", {}),
        ("form", {"name": 3}),
        ("confusion", {"matrix": 3}),
        ("label", "../x"),
        ("metrics", {"test": 3}),
    ):
        changed = {"exported": {**document["exported"], "trained": {**trained, name: value}}}
        (tmp_path / "c").write_text(json.dumps({**document, **changed}))
        with pytest.raises(ImportInvalid, match="is damaged"):
            target.models.import_file(tmp_path / "c")
    for content in (b"{", b'{"a": ', b"ARGOSY\r\n", path.read_bytes()[:200]):
        (tmp_path / "c").write_bytes(content)
        with pytest.raises(ImportInvalid):
            target.models.import_file(tmp_path / "c")
    assert target.models.names() == []


def test_what_a_label_has_here_already_is_not_replaced(source, shop, target, tmp_path):
    target.models.import_file(source.models.export(shop, tmp_path / "a"))
    artifact = PAIRS["hashing-svm"]().save(tmp_path / "artifact")
    said = exporting.exported_version(source.backends, shop)
    other = replace(said.trained, artifact=hashlib.sha256(artifact.read_bytes()).hexdigest())
    exported.write_export(tmp_path / "b", artifact, msgspec.structs.replace(said, trained=other), "argosy")
    with pytest.raises(ImportInvalid, match="has another artifact here"):
        target.models.import_file(tmp_path / "b")


def test_a_pickle_inside_is_not_opened_without_leave(source, keep, target, tmp_path):
    from argosy.models.adapters.imported import Imported
    from argosy.models.estimators.imported import ForwardedScores

    inside = Imported("pickle", "0" * 64, ("no", "yes")).take(b"cos\nsystem\n(S'true'\ntR.")
    path = source.models.export(keep(AdaptedModel(inside, ForwardedScores(), ["no", "yes"]), "old"), tmp_path / "a")
    with pytest.raises(ImportInvalid, match="if you trust it, allow_pickle=True"):
        target.models.import_file(path)
    assert target.models.import_file(path, allow_pickle=True).reference == "old@1"


def test_nothing_is_replaced_unless_forced_and_nothing_is_left_half_written(source, shop, tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("mine")
    with pytest.raises(ExportInvalid, match="exists: force replaces it"):
        source.models.export(shop, path)
    assert path.read_text() == "mine"

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(exporting, "write_export", full)
    with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
        source.models.export(shop, path, force=True)
    assert (path.read_text(), [one.name for one in tmp_path.iterdir()]) == ("mine", ["a"])
    monkeypatch.undo()
    assert source.models.export(shop, path, force=True).stat().st_size > 1000
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportInvalid, match="exists and is not a file"):
        source.models.export(shop, tmp_path / "folder", force=True)
    with pytest.raises(PathInvalid, match="there is no such folder"):
        source.models.export(shop, tmp_path / "none" / "a")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "folder"]


def test_what_is_not_there_is_named(source, shop, tmp_path):
    with pytest.raises(ModelNotFound, match="no model is called 'shp'"):
        source.models.export("shp", tmp_path / "a")
    with pytest.raises(VersionNotFound):
        source.models.export("shop@99", tmp_path / "a")
    with pytest.raises(ExportInvalid, match=r"no format 'jsn'.*argosy, json"):
        source.models.export(shop, tmp_path / "a", "jsn")


def test_the_commands(source, shop, target, tmp_path, capsys):
    path = tmp_path / "a"
    assert run(["-C", str(source.root), "models", "export", shop, str(path), "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert (written["version"], written["bytes"]) == (shop, path.stat().st_size)
    assert run(["-C", str(source.root), "models", "export", shop, str(path)]) == 2
    assert "--force replaces it" in capsys.readouterr().err
    command = ["-C", str(target.root), "models", "import", str(path)]
    assert run([*command, "--input", "text"]) == 2
    assert "says what it takes: leave out --input text" in capsys.readouterr().err
    assert run(command) == 0
    assert "shop@1 is imported: shop@1 of the project shop" in capsys.readouterr().out
    with argosy.open(target.root) as opened:
        assert opened.models.names() == ["shop"]
    assert run(["-C", str(target.root), "models", "show", "shop@1"]) == 0
    assert "shop@1 of the project shop, trained" in capsys.readouterr().out
