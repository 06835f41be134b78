"""What a service's decisions are worth: how often the positive outcome follows each, measured where it explored.

Rows that were decided by chance with a known probability (`explore`) are comparable whoever they are about; those
decided by the policy alone are not, since it chooses whom to recommend.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import msgspec

from argosy.backends import Backends
from argosy.definitions.service import Service, load_services
from argosy.definitions.service_steps import ExploreOptions, ThresholdOptions
from argosy.errors import DefinitionInvalid
from argosy.services.accounts import account_in
from argosy.statistics.intervals import Interval
from argosy.statistics.propensities import action_rates, uplift_between


class _Row(NamedTuple):
    policy: str
    decision: str
    propensity: float
    reward: float


class PolicyValue(msgspec.Struct, frozen=True):
    """Of the rows about which the policy says the same: rates of the positive outcome under either answer."""

    policy: str
    rows: int
    yes: Interval | None
    no: Interval | None
    uplift: Interval | None
    """Of `yes` over `no`."""


class ServiceValue(msgspec.Struct, frozen=True):
    """`waiting` are decisions that explored and whose outcome is not known yet."""

    service: str
    yes: str
    no: str
    positive: str
    rows: int
    waiting: int
    policies: list[PolicyValue]


def value_of_service(backends: Backends, service: Service, since: float = 0.0) -> ServiceValue:
    """Raises DefinitionInvalid where the service does not explore, or has no outcome to be measured by."""
    threshold = next((step for step in service.decide if isinstance(step, ThresholdOptions)), None)
    if threshold is None or not any(isinstance(step, ExploreOptions) for step in service.decide):
        raise DefinitionInvalid(
            "it decides nothing by chance, so that nothing can be compared: add `- explore: 0.05` to its steps",
            "decide",
        )
    if not service.outcomes:
        raise DefinitionInvalid("it names no outcomes to be measured by", "outcomes")
    rows, waiting = list[_Row](), 0
    labels = _outcomes(backends, service)
    for model in {one.reference.partition("@")[0] for one in service.models}:
        for id_, row in _decided(backends, service, model, since):
            if id_ in labels:
                rows.append(row._replace(reward=float(labels[id_] == service.positive)))
            else:
                waiting += 1
    policies = [
        _value(policy, [row for row in rows if row.policy == policy], threshold)
        for policy in sorted({row.policy for row in rows})
    ]
    return ServiceValue(service.name, threshold.yes, threshold.no, service.positive, len(rows), waiting, policies)


def values_of_model(backends: Backends, model: str) -> list[ServiceValue]:
    """Of the services that ask the model, explore, and have had an outcome; none where their files cannot be read."""
    found = []
    with suppress(DefinitionInvalid):
        for service in load_services(backends.root).values():
            if model in {one.reference.partition("@")[0] for one in service.models}:
                with suppress(DefinitionInvalid):
                    found.append(value_of_service(backends, service))
    return [one for one in found if one.rows]


def _outcomes(backends: Backends, service: Service) -> dict[str, str]:
    """The label that the service's outcomes gave last, by prediction."""
    sources = {f"outcome:{service.name}.{one.name}" for one in service.outcomes}
    return {
        one.prediction_id: one.label
        for model in {one.reference.partition("@")[0] for one in service.models}
        for one in backends.feedback_log.of_model(model)
        if one.source in sources
    }


def _decided(backends: Backends, service: Service, model: str, since: float) -> Iterator[tuple[str, _Row]]:
    for prediction in backends.prediction_log.of_model(model, since):
        account = account_in(prediction.account)
        if account is not None and account.service == service.name and account.propensity:
            yield prediction.id, _Row(account.policy or account.decision, account.decision, account.propensity, 0.0)


def _value(policy: str, rows: list[_Row], threshold: ThresholdOptions) -> PolicyValue:
    actions, rewards = [row.decision for row in rows], [row.reward for row in rows]
    propensities, named = [row.propensity for row in rows], (threshold.yes, threshold.no)
    yes, no = action_rates(actions, rewards, propensities, named)
    return PolicyValue(policy, len(rows), yes, no, uplift_between(actions, rewards, propensities, *named))
