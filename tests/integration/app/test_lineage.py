"""The lineage of versions and predictions, and backwards, on each engine: from imported file to answer."""

import json
import re
from xml.etree import ElementTree

import pytest

import argosy
from argosy.errors import ExamplesInvalid, ModelNotFound, PredictionNotFound
from argosy.lineage.learned import learned_from_example, learned_from_file
from argosy.lineage.tree import tree_lines
from argosy.processes import user_at_host
from argosy.types import Part
from argosy.web.lineage_graph import lineage_svg
from stored.predictions import answered
from stored.rows import alter

PLAN = {
    "name": "notes",
    "dataset": {"name": "all"},
    "adapter": {"name": "tfidf"},
    "model": [{"name": "naive_bayes"}, {"name": "nearest_centroid"}],
}
SECRET = "zebrafish"


def rows(count, first=0):
    return [(f"{label} {SECRET} note {n}", label) for n in range(first, first + count) for label in ("red", "green")]


def write(path, given):
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in given))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request, tmp_path):
    url = "sqlite:///.argosy/argosy.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("migrated_postgresql_url")
    root = tmp_path / "notes"
    root.mkdir()
    (root / "argosy.yaml").write_text(f'name: notes\ndatabase: "{url}"\n')
    with argosy.open(root) as opened:
        yield opened


@pytest.fixture
def trained(project):
    """Two files imported and two versions trained, the first of which is champion."""
    for number in range(2):
        project.examples.import_file(write(project.root / f"part-{number}.jsonl", rows(30, 30 * number)))
    project.plans.train(PLAN)
    project.models.promote("notes@1", reason="first of all")
    return project


def test_from_file_to_answer(trained):
    first, second = answered(trained, [f"a {SECRET}", "another"])
    trained.feedback.log.drain()
    trained.backends.feedback_log.add(first, "correction", "green", "desk")
    found = trained.lineage("notes@champion")
    assert (found.reference, [one.aliases for one in found.versions]) == ("notes@1", [("champion",)])
    assert [(one.name, one.by, one.rows_read) for one in found.rows.imports] == [
        ("part-0.jsonl", user_at_host(), 60),
        ("part-1.jsonl", user_at_host(), 60),
    ]
    for part in Part:
        assert sum(one.parts.get(part, 0) for one in found.rows.imports) == found.rows.counts[part]
    assert found.rows.erased == 0
    assert found.argosy == argosy.__version__
    assert found.training.worker
    assert [(move.action, move.to_number, move.reason) for move in found.moves] == [("promote", 1, "first of all")]
    assert (found.answered[0].days, found.answered[0].feedback) == ({"2023-11-14": 2}, {"correction": 1})
    assert found.answered[0].disagreed == 1
    lines = tree_lines(found)
    assert lines[0] == f"notes@1 (champion): {found.label}"
    assert any(re.search(r"part-0\.jsonl by .*: \d+ train, .* of 60 rows read$", line) for line in lines)
    assert any("promote champion – → 1 by" in line and line.endswith(": first of all") for line in lines)
    assert any("notes@1: 2 answers on 1 day since 2023-11-14" in line for line in lines)
    assert trained.lineage(second).prediction.feedback == []


def test_no_text_is_in_it_and_arrows_join_the_boxes_of_the_picture(trained):
    (one,) = answered(trained, [f"a {SECRET}"])
    for reference in ("notes@1", one):
        found = trained.lineage(reference)
        assert SECRET not in repr(found) + "\n".join(tree_lines(found)) + lineage_svg(found)
    svg = lineage_svg(trained.lineage("notes@1"))
    root = ElementTree.fromstring(svg)
    names = {"svg": "http://www.w3.org/2000/svg"}
    heads = [one.text for one in root.iterfind(".//svg:text[@class='head']", names)]
    assert heads[:2] == ["part-0.jsonl", "part-1.jsonl"]
    assert "notes@1" in heads
    width, height = (float(root.get(name)) for name in ("width", "height"))
    for box in root.iterfind(".//svg:rect", names):
        x, y, wide, high = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    arrows = root.findall("svg:path", names)
    assert len(arrows) == len(heads) - 1


def test_of_a_prediction_to_what_it_became(trained):
    many = answered(trained, [f"a note on green, {n}" for n in range(30)])  # some of them to learn from
    for one in many:
        trained.backends.feedback_log.add(one, "correction", "green", "desk")
    ended = trained.retrain("notes")
    found = trained.lineage(one)
    assert (found.prediction.reference, found.prediction.answer) == ("notes@1", "red")
    assert [(said["kind"], said["label"], said["source"]) for said in found.prediction.feedback] == [
        ("correction", "green", "desk")
    ]
    (example,) = found.prediction.examples
    backwards = trained.learned_from(example=example)
    assert [one.version.number for one in backwards.versions] == [ended.challenger]
    challenger = trained.lineage(f"notes@{ended.challenger}")
    assert [(one.how, one.versions) for one in challenger.ancestors] == [("parent", ["notes@1"])]
    (came,) = [one for one in challenger.rows.imports if one.kind == "feedback"]
    assert (came.name, dict(came.live), came.digest) == ("feedback on notes", {"correction": 30}, None)
    assert challenger.training.asked_by
    assert challenger.moves[-1].action in ("promote", "refuse")
    assert challenger.moves[-1].evidence["rows"] > 0
    assert "parent: " not in lineage_svg(challenger)
    assert ">notes@1<" in lineage_svg(challenger)


def test_backwards_by_path_digest_and_name(trained):
    path = trained.root / "part-1.jsonl"
    by_path = trained.learned_from(file=str(path))
    assert [(one.version.number, one.has_learned) for one in by_path.versions] == [(1, True), (2, True)]
    assert sum(by_path.versions[0].parts.values()) == by_path.rows == 60
    digest = by_path.imports[0].digest
    path.rename(trained.root / "gone.jsonl")
    for asked in (digest[:12], "part-1.jsonl"):
        assert learned_from_file(trained.backends, asked).versions == by_path.versions
    changed = write(path, rows(1, 900))
    with pytest.raises(ExamplesInvalid, match="nothing was imported from"):
        learned_from_file(trained.backends, str(changed))
    with pytest.raises(ExamplesInvalid, match="nothing was imported from"):
        learned_from_file(trained.backends, "never.csv")


def test_backwards_from_rows_older_than_recorded_imports(trained):
    alter(trained.database, "examples", {}, import_id=None)
    found = trained.lineage("notes@1")
    assert [(one.name, one.by, one.digest) for one in found.rows.imports] == [
        ("part-0.jsonl", None, None),
        ("part-1.jsonl", None, None),
    ]
    assert any("part-0.jsonl by not recorded" in line for line in tree_lines(found))
    assert learned_from_file(trained.backends, "part-0.jsonl").rows == 60


def test_rows_only_measured_on_are_distinguished_and_unknown_ones_reported(trained):
    by_part = {}
    for example in trained.examples.export():
        found = learned_from_example(trained.backends, example.example_id)
        (part,) = found.versions[0].parts
        by_part.setdefault(part, set()).add(found.versions[0].has_learned)
    assert by_part == {Part.TRAIN: {True}, Part.VALIDATION: {True}, Part.TEST: {False}}
    with pytest.raises(ModelNotFound, match="no model is called 'note'"):
        trained.lineage("note@1")
    with pytest.raises(PredictionNotFound, match="was answered here"):
        trained.lineage("0" * 44)
    with pytest.raises(ExamplesInvalid, match="there is no example"):
        learned_from_example(trained.backends, "00" * 16)


def test_erased_rows_and_marks_show(project):
    given = [{"text": text, "label": label, "subject": f"s{at % 12}"} for at, (text, label) in enumerate(rows(60))]
    project.examples.add(given)
    project.plans.train(PLAN)
    project.examples.erase("s3", mark=True)
    found = project.lineage("notes@1")
    assert found.rows.erased == 10
    assert found.rows.imports[0].kind == "rows"
    assert "erased" in found.versions[0].mark
    lines = "\n".join(tree_lines(found))
    assert "10 rows erased since" in lines
    assert found.versions[0].mark in lines
    assert 'class="warn"' in lineage_svg(found)


def test_how_many_rows_of_a_file_were_erased_is_said(project):
    given = [{"text": text, "label": label, "subject": f"s{at % 2}"} for at, (text, label) in enumerate(rows(60))]
    path = project.root / "people.jsonl"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in given), "utf-8")
    project.examples.import_file(path)
    project.plans.train(PLAN)
    for subject, left, versions in (("s0", 60, 2), ("s1", 0, 0)):
        project.examples.erase(subject)
        found = project.learned_from(file=str(path))
        assert (found.rows, found.erased, len(found.versions)) == (left, 120 - left, versions)
