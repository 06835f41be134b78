"""A version keeps the code of the plug-ins that it was trained with, and what they logged and attached."""

import pytest

import argosy
from argosy.models.inputs import NO_LIMIT
from argosy.serving.loaders.adapted_model import AdaptedModelLoader
from argosy.serving.plugin_code import TrainedCode
from argosy.serving.servable import ArtifactReference

HELPER = "SCALE = 2.0\n"
ADAPTER = '''\
import numpy as np

import argosy
from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters
from argosy.models.inputs import texts_of
from kept_helper import SCALE


class Length(Adapter):
    """How long a text is."""

    def __init__(self, unit: float = 1.0) -> None:
        self.unit = unit

    def fit(self, inputs, labels):
        self.longest_ = float(max(map(len, texts_of(inputs))))
        for step in range(3):
            argosy.log("loss", 1 / (step + 1), step)
        with open("note.txt", "w") as file:
            file.write("learned")
        argosy.attach("note.txt", "notes/learned.txt")
        return self

    def transform(self, inputs):
        rows = [[SCALE * len(text) / self.longest_] for text in texts_of(inputs)]
        return np.array(rows, dtype=np.float64).reshape(len(rows), 1)


adapters.register("length", Length)
'''


@pytest.fixture
def shop(empty):
    empty.write("kept_helper.py", HELPER)
    empty.write("kept_adapter.py", ADAPTER)
    empty.write("argosy.yaml", "plugins: [kept_adapter]\n")
    empty.write("few.csv", "text,label\n" + "".join(f"{'long ' * (n % 2 * 9)}text {n},{n % 2}\n" for n in range(200)))
    empty("examples", "import", "few.csv")
    empty.write("plan.yaml", "name: sizes\ndataset: all\nadapter: [length, tfidf]\nmodel: nearest_centroid\n")
    empty("train", "plan.yaml", "--processes", 1)
    return empty


def test_code_files_curves_and_tags_of_a_version(shop, own_plugins):
    own, other = "sizes@1", "sizes@2"
    if not shop.json("models", "show", own)["label"].startswith("length"):
        own, other = other, own
    code = shop.json("models", "code", own)
    assert code["modules"] == ["kept_adapter"]
    assert code["files"] == {"kept_adapter.py": ADAPTER, "kept_helper.py": HELPER}
    assert "SCALE = 2.0" in shop("models", "code", own)
    assert "has no stored code" in shop.mistake("models", "code", other)
    shop("models", "code", own, "--to", "old")
    assert (shop.folder / "old" / "kept_helper.py").read_text() == HELPER
    assert "exists already" in shop.mistake("models", "code", own, "--to", "old")

    found = shop.json("models", "files", own)
    assert [(one["name"], one["size_bytes"]) for one in found["files"]] == [("notes/learned.txt", 7)]
    assert found["curves"] == {"loss": [[0, 1.0], [1, 0.5], [2, pytest.approx(1 / 3)]]}
    shop("models", "files", own, "notes/learned.txt", "--to", "fetched.txt")
    assert (shop.folder / "fetched.txt").read_text() == "learned"
    assert "there are: notes/learned.txt" in shop.mistake("models", "files", own, "notes")

    assert shop.json("models", "tag", own, "reviewed=yes", "ticket=OPS-17") == {"reviewed": "yes", "ticket": "OPS-17"}
    assert shop.json("models", "tag", own, "ticket", "--remove") == {"reviewed": "yes"}
    assert shop.json("models", "tag", other) == {}

    shop.write("kept_helper.py", "SCALE = 3.0\n")
    again = shop.json("reproduce", own)
    assert (again["identical"], again["with_kept_code"]) == (True, True)
    assert "may answer otherwise" in shop.run("predict", own, "a text").err
    assert shop.run("predict", own, "a text", "--code", "stored").err == ""
    assert shop("predict", other, "a text", "--code", "stored")
    with argosy.open(shop.folder) as project:
        before, today = project.models.with_stored_code(own), project.models[own]
        (kept,), (now,) = (model.adapter.transform(["a text"])[0] for model in (before, today))
        assert now == pytest.approx(1.5 * kept)
        assert type(before.adapter) is not type(today.adapter)
        assert before.adapter.to_dict() == today.adapter.to_dict()
        version = project.models.resolve(own)
        code = TrainedCode(project.store, is_strict=True, is_stored=True)
        loader = AdaptedModelLoader(project.artifacts.fetch, code=code.loading)
        served = loader.load(ArtifactReference(version.label, version.artifact, own))
        assert served.score(["a text"], NO_LIMIT).tolist() == before.scores(["a text"]).tolist()
        assert served.score(["a text"], NO_LIMIT).tolist() != today.scores(["a text"]).tolist()
    failed = shop.run("reproduce", own, "--todays-code", "--json")
    assert failed.code == 1
    assert '"with_kept_code": false' in failed.out or '"with_kept_code":false' in failed.out
