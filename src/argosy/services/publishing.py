"""Decisions of services, and what then happened, as events in topics: for whoever counts, watches or learns from them.

Events are appended before it is written down how far that went, so that each is published at least once. Decisions are
read from the prediction log, in the order of their times; while a spool elsewhere has not drained, nothing is published
past it. A topic that is missing is made, with one partition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from argosy.backends import Backends
from argosy.database import Transaction
from argosy.definitions.service import Service, load_services
from argosy.error_messages import message_of
from argosy.errors import ArgosyError, DatabaseUnavailable, LeaseLost, TopicNotFound
from argosy.jobs.duties import Duty, DutyTurn
from argosy.predictions.record import Prediction
from argosy.services.accounts import account_in
from argosy.telemetry import logger

LOOK_SECONDS: Final = 2.0
SETTLED_SECONDS: Final = 5.0
"""What is younger is not published yet: clocks of servers are apart, and transactions end in any order."""
AT_ONCE: Final = 1000
_GET = "SELECT decisions, outcomes FROM publications WHERE service = :service"
_PUT = """
INSERT INTO publications (service, decisions, outcomes) VALUES (:service, :decisions, :outcomes)
ON CONFLICT (service) DO UPDATE SET decisions = excluded.decisions, outcomes = excluded.outcomes"""
_read = msgspec.json.Decoder(dict[str, tuple[float, str]]).decode
_log = logger("argosy.services")
Confirm = Callable[[Transaction], None]


class Published(msgspec.Struct, frozen=True):
    """How far a service's events went: by model the time and the id of the last prediction, and the last feedback."""

    decisions: dict[str, tuple[float, str]] = {}
    outcomes: int = 0


class Publishing:
    """Of one project; any number of processes, one at a time."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._held, self._problems = "", list[str]()

    def services(self) -> list[Service]:
        """Those that publish."""
        try:
            return [one for one in load_services(self._backends.root).values() if one.publish]
        except (ArgosyError, OSError):
            return []  # who serves or checks them says what is wrong

    def look(self, confirm: Confirm = lambda _: None) -> int:
        """Publish what has settled; how many events that were. A service that cannot publish stops no other.

        Raises LeaseLost and DatabaseUnavailable.
        """
        count, problems = 0, []
        for service in self.services():
            self._held = ""
            try:
                while some := self._publish(service, confirm):
                    count += some
            except (LeaseLost, DatabaseUnavailable):
                raise
            except ArgosyError as error:
                self._held = message_of(error)
            if self._held:
                problems.append(f"{service.name}: {self._held}")
        if problems and problems != self._problems:
            _log.warning("decisions are not published: %s", "; ".join(problems))
        self._problems = problems
        return count

    def _publish(self, service: Service, confirm: Confirm) -> int:
        """A batch of each kind; 0 where there is nothing more."""
        with self._backends.database.read() as transaction:
            rows, now = transaction.execute(_GET, {"service": service.name}), transaction.now()
        known = Published(_read(rows[0][0]), rows[0][1]) if rows else Published()
        until = now - SETTLED_SECONDS
        decisions, reached = self._decisions(service, known, until)
        outcomes, last = self._outcomes(service, known, until)
        for what, events in (("decisions", decisions), ("outcomes", outcomes)):
            if events:
                self._append(service.publish[what], events)
        if reached == known.decisions and last == known.outcomes:
            return 0
        with self._backends.database.write() as transaction:
            confirm(transaction)
            values = {"service": service.name, "decisions": msgspec.json.encode(reached).decode(), "outcomes": last}
            transaction.execute(_PUT, values)
        return max(len(decisions) + len(outcomes), 1)

    def _decisions(
        self, service: Service, known: Published, until: float
    ) -> tuple[list[tuple[str, bytes]], dict[str, tuple[float, str]]]:
        """Events with their keys, and how far they go."""
        log, reached = self._backends.prediction_log, dict(known.decisions)
        if "decisions" not in service.publish or log.drain():
            return [], reached
        if silent := [one.name for one in log.behind()]:
            self._held = f"the spool {silent[0]} is silent: start its server, or argosy spools forget {silent[0]}"
            return [], reached
        events: list[tuple[str, bytes]] = []
        for model in _models(service):
            start, after = reached.get(model, (0.0, ""))
            seen = (one for one in log.of_model(model, start, until) if (one.made_at, one.id) > (start, after))
            for prediction in islice(seen, AT_ONCE):
                reached[model] = (prediction.made_at, prediction.id)
                events += _decision_event(service, prediction)
        return events, reached

    def _outcomes(self, service: Service, known: Published, until: float) -> tuple[list[tuple[str, bytes]], int]:
        if "outcomes" not in service.publish:
            return [], known.outcomes
        events, last = [], known.outcomes
        found = self._backends.feedback_log.after(known.outcomes, f"outcome:{service.name}.", AT_ONCE)
        for number, one in found:
            if one.given_at > until:
                break
            last = number
            outcome = one.source.partition(".")[2]
            event = {"service": service.name, "outcome": outcome, "label": one.label, "given_at": one.given_at}
            events.append((one.prediction_id, msgspec.json.encode({**event, "prediction_id": one.prediction_id})))
        return events, last

    def _append(self, topic: str, events: list[tuple[str, bytes]]) -> None:
        log = self._backends.event_log
        try:
            log.append(topic, events)
        except TopicNotFound:
            log.create(topic, 1)
            log.append(topic, events)


def _decision_event(service: Service, prediction: Prediction) -> Iterator[tuple[str, bytes]]:
    account = account_in(prediction.account)
    if account is None or account.service != service.name:
        return
    event: Mapping[str, Any] = {
        "service": service.name,
        "prediction_id": prediction.id,
        "at": prediction.made_at,
        "entity": prediction.entity,
        "decision": account.decision,
        "score": account.score,
        "rank": account.rank,
        "propensity": account.propensity,
        "label": prediction.answer,
        "model": prediction.model,
        "version": prediction.version,
    }
    yield prediction.entity or prediction.id, msgspec.json.encode(event)


def _models(service: Service) -> list[str]:
    """Those under whose names its decisions are logged."""
    main = service.model_names[0]
    return list(dict.fromkeys(one.reference.partition("@")[0] for one in service.models if one.name == main))


def publishing_duty(backends: Backends) -> Duty:
    """For one worker at a time."""
    publishing = Publishing(backends)

    def look(turn: DutyTurn) -> None:
        publishing.look(turn.confirm)

    return Duty("publishing", LOOK_SECONDS, look, lambda _: bool(publishing.services()))
