"""What `argosy service check` says of the sources of outcomes, from which it takes nothing."""

import pytest

from argosy.feedback.outcomes.services import OutcomeServices
from argosy.feedback.outcomes.source_check import SourceFinding, check_outcome_sources
from stored.bookings import BOOKINGS, Bookings, service
from stored.outcome_project import NOON, OutcomeProject


@pytest.fixture
def check(tmp_path):
    """The finding about a source."""
    url = f"sqlite:///{tmp_path}/shop.db"
    project = OutcomeProject(
        tmp_path, "sqlite:///argosy.db", log=f"file:{tmp_path}/events", databases={"bookings": url}
    )
    Bookings(url).book(("ana", "tea", NOON))

    def checked(source):
        service(tmp_path, source)
        [one] = check_outcome_sources(project.backends, OutcomeServices(tmp_path).all()["offers"])
        assert not project.is_known("offers.bought")
        return one

    project.backends.event_log.create("sales", 2)
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "may.csv").write_text("customer,product,at\n")
    yield checked
    project.close()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (BOOKINGS, "a query of 'bookings'"),
        ("topic: sales", "'sales', 2 partitions"),
        ("files: sales", "1 file of 'sales'"),
        ("files: 'sales/*.csv'", "1 file of 'sales/*.csv'"),
        ("files: 'sales/june*.csv'", "0 files of 'sales/june*.csv'"),
        ("posted: true", "posted"),
    ],
)
def test_what_can_be_read_is_named(check, source, found):
    one = check(source)
    assert one == SourceFinding("bought", found)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (BOOKINGS.replace("database: bookings", "database: booking"), "no database is called 'booking'"),
        (BOOKINGS.replace("FROM bookings", "FROM booked"), "no such table: booked"),
        (BOOKINGS.replace("product, price", "price"), "there is no column 'product', but customer, price, at"),
        ("topic: sold", "has no topic 'sold'"),
        ("files: sold", "there is no folder and no file"),
        ("files: 'sold/*.csv'", "there is no folder"),
    ],
)
def test_what_cannot_be_read_is_an_error(check, source, problem):
    one = check(source)
    assert problem in one.problem
    assert not one.is_warning
