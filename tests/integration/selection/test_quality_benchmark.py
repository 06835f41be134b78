"""`benchmarks.quality` on a few rows: results are kept, and nothing is measured twice."""

import gzip
import json

import pytest
from benchmarks import quality
from benchmarks.quality_sets import SETS, Set, as_published, by_time, in_scope, with_oos

from argosy.app.scaffold import create_project
from argosy.models import extras

WORDS = {"delivery": "parcel late van", "refund": "card money bank", "oos": "moon cheese song"}


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    (tmp_path / "text").mkdir()
    rows = [
        {"text": f"{words} {number}", "label": label, "split": "test" if number % 4 == 0 else "train"}
        for number in range(20)
        for label, words in WORDS.items()
    ]
    with gzip.open(tmp_path / "text" / "few.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_results_are_kept_and_computed_once(data, tmp_path, monkeypatch, capsys):
    sets = {name: Set("few.jsonl.gz", as_published) for name in ("few", "more")}
    thorough = quality.plan_of
    quick = {"adapter": "tfidf", "model": "svm", "forbid": []}
    monkeypatch.setattr(quality, "plan_of", lambda *given: {**thorough(*given), **quick})
    quality.main(["few", "--into", str(tmp_path / "into")], sets, data)
    out = capsys.readouterr().out.splitlines()
    found = json.loads(out[-1])
    assert found["few"].keys() == {"argosy", "baseline", "label"}
    assert found["few"]["argosy"] == found["few"]["baseline"] == 1.0
    kept = quality.kept(tmp_path / "into")["few"]
    assert kept["rows"]["test"] == 15
    assert kept["rows"]["train"] + kept["rows"]["validation"] == 45
    assert kept["oos_recall"] == kept["in_scope"] == 1.0
    assert any(line.startswith("| few |") for line in out)

    measured = []
    monkeypatch.setattr(quality, "measure", lambda folder, name, *_: measured.append(name) or kept)
    quality.main(["--into", str(tmp_path / "into")], sets, data)
    assert measured == ["more"]
    assert json.loads(capsys.readouterr().out.splitlines()[-1]).keys() == {"few", "more"}
    quality.main(["few", "--fresh", "--into", str(tmp_path / "into")], sets, data)
    assert measured == ["more", "few"]
    assert not (tmp_path / "into" / "few").exists()
    quality.main(["more", "--without", "transformer", "--into", str(tmp_path / "into")], sets, data)
    assert measured == ["more", "few", "more"]


def test_what_is_left_out_is_left_out_of_unions_too(tmp_path):
    create_project(tmp_path / "few")
    everything = quality.plan_of(tmp_path / "few", "few")
    fewer = quality.plan_of(tmp_path / "few", "few", ["transformer", "sentence_embedding"])
    assert len(everything["adapter"]) == len(fewer["adapter"]) + 1
    assert len(everything["model"]) == len(fewer["model"]) + 1
    assert "sentence_embedding" not in json.dumps(fewer)


def test_seconds_of_an_attempt_that_failed_count(tmp_path):
    path = tmp_path / "seconds.json"
    with pytest.raises(KeyError), quality.clocked(path):
        raise KeyError
    first = json.loads(path.read_text())["wall_minutes"]
    assert first > 0
    with quality.clocked(path):
        pass
    assert json.loads(path.read_text())["wall_minutes"] > first


def test_an_unknown_set_is_refused(capsys, tmp_path):
    with pytest.raises(SystemExit):
        quality.main(["bankng77", "--into", str(tmp_path)])
    assert "no set is called bankng77; there are: banking77" in capsys.readouterr().err


def test_splits_are_as_documented():
    rows = [
        {"text": str(n), "label": "a", "split": part} for n, part in enumerate(["train", "val", "oos_train", "oos_val"])
    ]
    assert [row["split"] for row in in_scope(rows)] == ["train", "test"]
    assert [row["split"] for row in with_oos(rows)] == ["train", "test", "train", "test"]
    assert [row["split"] for row in as_published([{"split": "dev"}, {"split": "test"}])] == ["validation", "test"]
    dated = [{"text": str(n), "label": "a", "created_at": str(n), "id": ""} for n in range(9, -1, -1)]
    assert [row["text"] for row in by_time(dated) if row["split"] == "test"] == ["8", "9"]
    assert set(SETS) >= {"banking77", "clinc150", "trec", "sst2", "20newsgroups", "airline_tweets"}
