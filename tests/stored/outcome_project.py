"""A project whose services have outcomes, with predictions as a server logs them."""

from itertools import count

import msgspec

from argosy.app import backends as openers
from argosy.backends import Backends
from argosy.definitions.project import parse_settings
from argosy.feedback.outcomes.joiner import OutcomeJoiner
from argosy.feedback.outcomes.services import OutcomeServices
from argosy.feedback.outcomes.states import all_states
from argosy.predictions.entities import entity_key
from argosy.predictions.ids import PredictionIds
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter

NOON = 1_700_000_000.0
DAY = 86_400.0
NAME = "offers.bought"


class OutcomeProject:
    """`database` is the project's own."""

    def __init__(self, root, database, **settings):
        self.root = root
        self.backends = Backends(root, parse_settings({"name": "shop", "database": database, **settings}, {}), openers)
        self.joiner = OutcomeJoiner(self.backends)
        self._requests = count()

    def ask(self, customer, product, at=NOON, model="offers", token="", service=""):
        """One prediction about a customer and a product; its id."""
        scope = self.backends.vault.scope("predictions")
        [one] = PredictionIds(scope).issue(1, at, next(self._requests).to_bytes(8))
        names = ("customer", "product")
        given = dict(zip(names, (customer, product), strict=True))
        entity, account = entity_key(given, names), msgspec.msgpack.encode([service]) if service else b""
        made = Prediction(
            one, model, 1, at, "not_bought", 0.5, {**given, "price": 5.0}, (), None, None, entity, token, account
        )
        writer = SpoolWriter(self.backends.spool, scope)
        writer.write([writer.framed([made])])
        writer.close()
        return one

    def look(self):
        """Until nothing is new."""
        while self.joiner.look(is_all=True):
            pass
        return self.state()

    def state(self, name=NAME):
        return all_states(self.backends.database)[name][0]

    def taken(self, name=NAME):
        """How many rows were taken; none before the first look."""
        return all_states(self.backends.database)[name][0].taken if self.is_known(name) else 0

    def is_known(self, name=NAME):
        return name in all_states(self.backends.database)

    def waiting(self, name=NAME):
        return all_states(self.backends.database)[name][1]

    def said(self, prediction_id):
        """The labels that outcomes gave a prediction, in their order."""
        return [one.label for one in self.backends.feedback_log.of(prediction_id)]

    def posted(self, outcome="bought"):
        return OutcomeServices(self.root).posted("offers", outcome)

    def close(self):
        self.backends.close()
