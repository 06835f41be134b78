"""Every broker against the broker contract."""

import pytest

from argosy.messaging.broker import Capability
from argosy.messaging.brokers.sql import SqlBroker
from argosy.testing.brokers import CHECKS, NEEDS, Site, checks_for

sql = pytest.mark.parametrize("check", checks_for(SqlBroker.capabilities), ids=lambda check: check.__name__)


@sql
def test_sql(check, open_database):
    check(Site(lambda policy: SqlBroker(open_database(), policy)))


def test_every_capability_is_asked_for():
    assert set(NEEDS.values()) == set(Capability)
    assert set(NEEDS) < set(CHECKS)


def test_a_broker_is_asked_for_what_it_declares():
    assert len(checks_for([])) == len(CHECKS) - len(NEEDS)
    assert set(checks_for(Capability)) == set(CHECKS)
