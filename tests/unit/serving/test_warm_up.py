"""A version that does not answer its model's own requests is not served, and says which one."""

import numpy as np
import pytest
from serving_doubles import Answering, Loading, aspire

from argosy.errors import ArgosyError, InputInvalid
from argosy.serving.manager import Manager
from argosy.serving.servable import ServableState
from argosy.serving.warm_up import requests_there, sample_inputs


class Choosy(Answering):
    """Version 2 takes no text about goals."""

    def score(self, inputs, limit):
        if self.artifact == "topics 2" and any("goal" in str(one) for one in inputs):
            raise InputInvalid("the field 'minute' is missing")
        if self.artifact == "topics 3" and "the cup" in inputs:
            return np.full((len(inputs), 2), np.nan)
        return super().score(inputs, limit)


class LoadingChoosy(Loading):
    def load(self, reference):
        super().load(reference)
        return Choosy(reference.artifact)


@pytest.fixture
def asked():
    return {"topics": ["shares fell", "a late goal"]}


def test_the_version_before_continues_until_the_new_one_answers_every_request(asked):
    loader, time = LoadingChoosy(), [0.0]
    manager = Manager(loader, now=lambda: time[0], requests_of=lambda model: asked.get(model, ()))
    manager.aspire([aspire([1], {"champion": 1})])
    while manager.step():
        pass
    manager.aspire([aspire([1, 2], {"champion": 2})])
    while manager.step():
        pass
    refused = manager.routing.model("topics").versions[2]
    assert refused.state is ServableState.FAILED
    assert "warm-up request 2 of 2: the field 'minute' is missing" in refused.error
    assert "argosy models warm-up topics" in refused.error
    assert loader.unloaded == ["topics 2"]
    servable = manager.acquire("topics")
    assert servable.version == 1
    manager.release(servable)
    asked["topics"].pop()
    time[0] = 3600.0
    while manager.step():
        pass
    assert manager.acquire("topics").version == 2


def test_scores_that_are_no_numbers_are_no_answer(asked):
    asked["topics"].append("the cup")
    manager = Manager(LoadingChoosy(), requests_of=lambda model: asked[model])
    manager.aspire([aspire([3])])
    while manager.step():
        pass
    refused = manager.routing.model("topics").versions[3]
    assert "warm-up request 3 of 3: row 1: the model's score is not a finite number" in refused.error


class Away:
    def of(self, model):
        raise ArgosyError("the database is away")


def test_a_database_that_is_away_keeps_no_version_away(caplog):
    assert requests_there(Away(), "topics") == ()
    assert "topics is warmed up without its own requests" in caplog.text


def test_samples_have_what_the_model_reads():
    assert all(isinstance(one, str) for one in sample_inputs({"text": "text"}))
    rows = sample_inputs({"age": "number", "plan": "category"})
    assert all(isinstance(row["age"], float) and isinstance(row["plan"], str) for row in rows)
    assert len({row["age"] for row in rows}) == len(rows)
