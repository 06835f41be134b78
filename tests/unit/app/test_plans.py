"""The counts of a check, and the effects of submitting, resubmitting and cancelling."""

import pytest

from argosy.errors import DatasetInvalid, DefinitionInvalid, PlanNotFound, PlanTooLarge
from argosy.jobs.job import JobState
from stored.rows import counts

PLAN = {
    "name": "topics",
    "dataset": {"name": "all", "options": {"training_ratio": [0.6, 0.7]}},
    "adapter": {"name": ["tfidf", "hashing"]},
    "model": {"name": "svm", "options": {"kernel": ["linear", "rbf"], "degree": [2, 3], "C": [1]}},
    "forbid": {"adapter.name": "hashing", "model.kernel": "rbf"},
}
FORBIDS_ALL = {**PLAN, "forbid": {"model.name": "svm"}}


def test_a_check_counts_permutations_and_what_becomes_of_them(project):
    check = project.plans.check(PLAN)
    assert check.expansion.permutations == 16
    assert sum(one.count for one in check.expansion.forbidden) == 4
    assert len(check.wanted) == check.will_train == 12
    assert check.expansion.distinct == 6
    assert {one.rows for one in check.datasets} == {60}
    assert len({one.digest for one in check.datasets}) == 2
    assert check.to_dict()["labels"] == dict.fromkeys(check.to_dict()["labels"], "new")


def test_a_check_writes_nothing(project):
    before = counts(project.database)
    project.plans.check(PLAN)
    assert counts(project.database) == before


def test_what_is_submitted_is_under_way_and_what_is_cancelled_would_train(project):
    submitted = project.plans.submit(PLAN)
    assert len(submitted.queued) == 12
    check = project.plans.check(PLAN)
    assert (check.count("queued"), check.will_train) == (12, 0)
    assert project.plans.submit(PLAN).queued == ()
    assert len(project.plans.cancel("topics")) == 12
    check = project.plans.check(PLAN)
    assert (check.count("cancelled"), check.will_train) == (12, 12)
    assert project.plans.status("topics").counts[JobState.CANCELLED] == 12


def test_the_same_definition_of_another_plan_is_the_same_job(project):
    project.plans.submit(PLAN)
    assert project.plans.submit({**PLAN, "name": "other"}).queued == ()
    assert project.plans.names() == ["other", "topics"]
    assert project.plans.cancel("other") == []
    left = project.plans.open_elsewhere("other")
    assert (len(left), *left.values()) == (12, *[["topics"]] * 12)
    assert project.plans.open_elsewhere("topics") == {}
    assert project.plans.status("topics").counts[JobState.QUEUED] == 12


def test_new_examples_make_new_definitions(project):
    before = set(project.plans.check(PLAN).states)
    project.examples.add([("one more parcel", "queue0")])
    assert before & set(project.plans.check(PLAN).states) == set()


def test_each_adapter_is_begun_before_any_is_repeated(project):
    first = [one.definition["adapter"]["name"] for one in project.plans.check(PLAN).wanted[:4]]
    assert sorted(first) == ["hashing", "hashing", "tfidf", "tfidf"]


@pytest.mark.parametrize(
    ("plan", "error", "said"),
    [
        (FORBIDS_ALL, DefinitionInvalid, "of 16 permutations none may be trained"),
        ({**PLAN, "dataset": {"name": "span", "options": {"end": "2001-01-01"}}}, DatasetInvalid, "default"),
    ],
)
def test_a_refused_plan_leaves_nothing(project, plan, error, said):
    before = counts(project.database)
    with pytest.raises(error, match=said):
        project.plans.submit(plan)
    assert counts(project.database) == before


def test_a_limit_is_a_limit(project):
    with pytest.raises(PlanTooLarge, match="16"):
        project.plans.check(PLAN, limit=15)
    assert project.plans.check(PLAN, limit=16).expansion.permutations == 16


def test_a_plan_is_named_by_its_file_its_content_or_its_name(project, tmp_path):
    path = tmp_path / "other.yaml"
    path.write_text("dataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: logistic}\n")
    assert [project.plans.name(each) for each in (path, str(path), PLAN, "anything")] == [
        "other",
        "other",
        "topics",
        "anything",
    ]
    with pytest.raises(PlanNotFound, match=r"absent\.yaml"):
        project.plans.name("absent.yaml")
    with pytest.raises(PlanNotFound):
        project.plans.status("anything")
