"""Decisions and outcomes of services as events: from the log and from feedback to topics, each at least once."""

import json
from contextlib import closing

import msgspec
import pytest

from argosy.app import backends as openers
from argosy.backends import Backends
from argosy.definitions.project import parse_settings
from argosy.errors import EventLogUnavailable, TopicNotFound
from argosy.predictions.feedback_log import Feedback
from argosy.predictions.ids import PredictionIds
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from argosy.predictions.spools import Spools
from argosy.services.publishing import Publishing
from argosy.testing.waiting import until

SERVICE = """\
service: offers
accepts: {user: category}
model: offers@champion
outcomes: {bought: {posted: true, entity: user, within: 7d}}
publish: {decisions: offers.decisions, outcomes: offers.outcomes}
"""


class Shop:
    def __init__(self, root, database, log):
        (root / "services").mkdir()
        (root / "services" / "offers.yaml").write_text(SERVICE)
        settings = parse_settings({"name": "shop", "database": database, "log": log}, {})
        self.backends = Backends(root, settings, openers)
        self.publishing = Publishing(self.backends)
        self._count = 0
        with self.backends.database.read() as transaction:
            self.now = transaction.now()

    def decide(self, user, decision, service="offers", at=None):
        """A prediction with its account, as a server leaves it in the spool; its id."""
        at = self.now - 60 if at is None else at
        self._count += 1
        scope = self.backends.vault.scope("predictions")
        [one] = PredictionIds(scope).issue(1, at, self._count.to_bytes(8))
        account = msgspec.msgpack.encode([service, "0" * 12, {"user": user}, {}, [], [], decision, 0.5])
        made = Prediction(
            one, "offers", 3, at, "bought", 0.7, {"user": user}, (), None, None, f'["{user}"]', "", account
        )
        with closing(SpoolWriter(self.backends.spool, scope)) as writer:
            assert writer.write([writer.framed([made])]) == 1
        return one

    def has(self, topic):
        try:
            return bool(self.events(topic))
        except TopicNotFound:
            return False

    def events(self, topic):
        with closing(self.backends.event_log.reader(topic, {0: 0})) as reader:
            return [json.loads(one.event) for one in reader.read(1000, 1.0)]


@pytest.fixture(params=["embedded", "PostgreSQL and Kafka"])
def shop(request, tmp_path):
    is_embedded = request.param == "embedded"
    database = "sqlite:///argosy.db" if is_embedded else request.getfixturevalue("migrated_postgresql_url")
    log = "file:events" if is_embedded else request.getfixturevalue("kafka_url")
    made = Shop(tmp_path, database, log)
    yield made
    made.backends.database.close()


def test_decisions_are_published_once_they_have_settled(shop):
    ana, bo = shop.decide("ana", "recommend"), shop.decide("bo", "pass")
    shop.decide("cy", "recommend", service="other")
    shop.decide("dee", "recommend", at=shop.now + 3600)
    assert shop.publishing.look() > 0
    first, second = shop.events("offers.decisions")
    assert (first["prediction_id"], first["decision"], first["entity"]) == (ana, "recommend", '["ana"]')
    assert (second["prediction_id"], second["decision"]) == (bo, "pass")
    assert (first["service"], first["model"], first["version"], first["label"]) == ("offers", "offers", 3, "bought")
    assert shop.publishing.look() == 0
    eve = shop.decide("eve", "pass")
    Publishing(shop.backends).look()
    assert [one["prediction_id"] for one in shop.events("offers.decisions")] == [ana, bo, eve]


def test_outcomes_are_published(shop):
    ana = shop.decide("ana", "recommend")
    given = [
        Feedback(ana, "outcome", "bought", "outcome:offers.bought", given_at=shop.now - 60),
        Feedback(ana, "correction", "bought", "a person", given_at=shop.now - 60),
    ]
    shop.backends.prediction_log.drain()
    shop.backends.feedback_log.add_many(given)
    shop.publishing.look()
    until(lambda: shop.publishing.look() or shop.has("offers.outcomes"), "an outcome that has settled")
    [event] = shop.events("offers.outcomes")
    assert (event["prediction_id"], event["outcome"], event["label"]) == (ana, "bought", "bought")


def test_a_log_that_is_away_loses_no_event(shop, monkeypatch, caplog):
    ids = [shop.decide(f"user {n}", "pass") for n in range(5)]

    def away(topic, events):
        raise EventLogUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(shop.backends.event_log, "append", away)
        assert shop.publishing.look() == 0
        assert shop.publishing.look() == 0
    assert sum("decisions are not published: " in line for line in caplog.messages) == 1
    shop.publishing.look()
    assert [one["prediction_id"] for one in shop.events("offers.decisions")] == ids


def test_a_service_that_cannot_publish_stops_no_other(shop, tmp_path, monkeypatch, caplog):
    other = SERVICE.replace("service: offers", "service: adverts").replace("decisions: offers", "decisions: adverts")
    (tmp_path / "services" / "adverts.yaml").write_text(other)
    shop.decide("bo", "pass", service="adverts")
    one = shop.decide("ana", "pass")
    append = shop.backends.event_log.append

    def refused(topic, events):
        if topic == "adverts.decisions":
            raise EventLogUnavailable("may not write to adverts.decisions")
        append(topic, events)

    monkeypatch.setattr(shop.backends.event_log, "append", refused)
    shop.publishing.look()
    assert [event["prediction_id"] for event in shop.events("offers.decisions")] == [one]
    [said] = [line for line in caplog.messages if "published" in line]
    assert said == "decisions are not published: adverts: EventLogUnavailable: may not write to adverts.decisions"


def test_a_spool_that_is_silent_holds_decisions_up_and_is_named(shop, tmp_path, caplog):
    elsewhere = Spools(shop.backends.database).enter(tmp_path / "elsewhere")
    one = shop.decide("ana", "pass")
    assert shop.publishing.look() == shop.publishing.look() == 0
    said = f"the spool {elsewhere} is silent: start its server, or argosy spools forget {elsewhere}"
    assert [line for line in caplog.messages if "published" in line] == [f"decisions are not published: offers: {said}"]
    Spools(shop.backends.database).forget(elsewhere)
    shop.publishing.look()
    assert [event["prediction_id"] for event in shop.events("offers.decisions")] == [one]
