"""Every broker against the broker contract."""

import pytest

from argosy.messaging.broker import Capability
from argosy.messaging.brokers.sql import SqlBroker
from argosy.testing.broker_sites import Site
from argosy.testing.brokers import CHECKS, NEEDS, checks_for

RABBITMQ = {Capability.DURABLE, Capability.COUNTS_CRASHES}
sql = pytest.mark.parametrize("check", checks_for(SqlBroker.capabilities), ids=lambda check: check.__name__)


@sql
def test_sql(check, open_database):
    check(Site(lambda policy: SqlBroker(open_database(), policy)))


@pytest.mark.parametrize("check", checks_for(RABBITMQ), ids=lambda check: check.__name__)
def test_rabbitmq(check, rabbitmq_url, relayed):
    from argosy.messaging.brokers.rabbitmq import RabbitmqBroker

    assert RabbitmqBroker.capabilities == RABBITMQ
    relays = {}

    def opened(policy):
        url, relay = relayed(rabbitmq_url)
        broker = RabbitmqBroker(url, policy)
        relays[broker] = relay
        return broker

    try:
        check(Site(opened, lambda broker: relays[broker].cut(), quiet=0.2))
    finally:
        for broker in relays:
            broker.close()


def test_every_capability_is_checked():
    assert set(NEEDS.values()) == set(Capability)
    assert set(NEEDS) < set(CHECKS)


def test_a_broker_is_checked_for_what_it_declares():
    assert len(checks_for([])) == len(CHECKS) - len(NEEDS)
    assert set(checks_for(Capability)) == set(CHECKS)
