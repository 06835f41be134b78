"""Plans that name members: their definitions, and what is refused before training."""

import threading

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.app.working import work
from argosy.datasets.example import Example
from argosy.errors import UserMistake

WORDS = ("parcel late", "card charged", "password lost")
BASE = {"name": "base", "dataset": "all", "adapter": "tfidf", "model": ["logistic", "naive_bayes", "svm"]}


def train(project, plan):
    project.plans.submit(plan)
    work(project.backends, threading.Event(), lambda: project.plans.status(plan).is_over)
    assert not project.plans.status(plan).failed, project.plans.status(plan).failed[0].error
    return {version.label: version for version in project.models.versions(plan["name"])}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Three members trained: logistic, naive Bayes and an svm without probabilities."""
    folder = tmp_path_factory.mktemp("ensembles")
    create_project(folder / "shop")
    opened = argosy.open(folder / "shop")
    rows = [(f"{WORDS[number % 3]} {number} {WORDS[number % 2]}", f"queue{number % 3}") for number in range(150)]
    opened.examples.add(rows)
    train(opened, BASE)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def labels(project):
    return {version.label.split("-")[1]: version.label for version in project.models.versions("base")}


def plan(of, by="mean", **rest):
    return {"name": "together", "dataset": "all", "ensemble": {"of": of, "by": by}, **rest}


def test_lists_are_permutations(project, labels):
    found = project.plans.check(plan([labels["logistic"], labels["naive_bayes"]], ["mean", "vote", "stack"]))
    assert len(found.expansion.definitions) == found.will_train == 3
    two = [[labels["logistic"], labels["naive_bayes"]], [labels["svm"], labels["naive_bayes"], labels["logistic"]]]
    assert project.plans.check(plan(two, "vote")).will_train == 2


def test_versions_become_labels_on_request(project, labels):
    named = project.plans.check(plan([f"base@{number}" for number in (1, 2, 3)], "vote"))
    found = [project.models.resolve(f"base@{number}").label for number in (1, 2, 3)]
    assert named.wanted == project.plans.check(plan(found, "vote")).wanted
    assert named.wanted[0].definition["adapter"]["options"]["of"] == found


def test_a_label_depends_on_the_members(project, labels):
    pairs = [["logistic", "naive_bayes"], ["logistic", "svm"], ["naive_bayes", "logistic"]]
    made = [project.plans.check(plan([labels[one] for one in pair], "vote")).wanted[0].label for pair in pairs]
    assert len(set(made)) == 3


@pytest.mark.parametrize(
    ("of", "by", "rest", "problem"),
    [
        (["svm", "logistic"], "mean", {}, "has no probabilities, and mean needs them: let the members vote"),
        (["svm", "logistic"], "stack", {}, "has no probabilities, and stack needs them"),
        (["svm", "logistic"], "mlp", {}, "has no probabilities, and mlp needs them"),
        (["logistic"], "mean", {}, "2 to 50 members"),
        (["logistic", "logistic"], "mean", {}, "named twice"),
        (["logistic", "nowhere"], "mean", {}, "nothing was trained under the label 'nowhere'"),
        (["logistic", "base@9"], "mean", {}, "no version or alias '9'"),
        ("logistic", "mean", {}, "ensemble.of: expected a list of labels"),
        (["logistic", "svm"], "meen", {}, "ensemble.by.name: no model is called 'meen' (did you mean 'mean'?)"),
        (["logistic", "svm"], "vote", {"model": "svm"}, "give `model` or `ensemble`"),
        (["logistic", "svm"], "vote", {"dataset": {"name": "all", "options": {"seed": 1}}}, "has learned from"),
    ],
)
def test_what_cannot_answer_together_is_refused_in_a_line(project, labels, of, by, rest, problem):
    of = [labels.get(one, one) for one in of] if isinstance(of, list) else of
    with pytest.raises(UserMistake) as refused:
        project.plans.submit(plan(of, by, **rest))
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_model_for_members_requires_members(project):
    with pytest.raises(UserMistake, match="write `ensemble:`"):
        project.plans.submit({"name": "alone", "dataset": "all", "adapter": "tfidf", "model": "stack"})


def test_members_of_another_collection_are_refused(project, labels):
    project.examples.add(
        ((f"{WORDS[number % 3]} {number}", f"queue{number % 3}") for number in range(60)), into="other"
    )
    elsewhere = {"name": "all", "options": {"collection": "other"}}
    with pytest.raises(UserMistake, match="of the collection 'default', the ensemble of 'other'"):
        project.plans.submit(plan([labels["logistic"], labels["naive_bayes"]], dataset=elsewhere))


def test_trained_reproduced_and_compared_like_any_other(project, labels):
    by = ["mean", "vote", "stack", {"name": "calibrated", "options": {"of": "mean"}}]
    made = train(project, plan([labels["logistic"], labels["naive_bayes"]], by, evaluate={"folds": 2}))
    assert sorted(label.split("-")[1] for label in made) == ["calibrated", "mean", "stack", "vote"]
    stack = next(version for label, version in made.items() if "stack" in label)
    trained = project.models.trained(stack.reference)
    assert trained.form["name"] == "composed"
    assert trained.form["difference"] < 1e-6
    assert project.reproduce(stack.reference).identical
    paired = project.models.diff(stack.reference, "base@1").paired
    assert paired.rows > 0


def test_what_its_members_learned_counts_as_learned(project, labels):
    """A subject that only the members learned from: their versions are listed, and the ensemble's."""
    project.examples.add([Example("parcel late, says ermintrude", "queue0", seen_at=1.0, subject="ermintrude")], "old")
    span = {"name": "span", "options": {"collection": "old", "end": "2030-01-01"}}
    rows = [Example(f"{WORDS[n % 3]} {n}", f"queue{n % 3}", seen_at=1_700_000_000.0 + n) for n in range(90)]
    project.examples.add(rows, "old")
    members = train(project, {"name": "old", "dataset": span, "adapter": "tfidf", "model": ["logistic", "naive_bayes"]})
    late = {**span, "options": {**span["options"], "start": "2020-01-01"}}
    train(project, {"name": "late", "dataset": late, "ensemble": {"of": list(members)}})
    erased = project.examples.erase("ermintrude")
    assert erased.models == ["late@1", "old@1", "old@2"]
