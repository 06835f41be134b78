"""Tables of features from databases, files and an object store: refreshed whole, or left as they were."""

from __future__ import annotations

import time

import pytest

from argosy.app import backends as openers
from argosy.backends import Backends
from argosy.definitions.project import parse_settings
from argosy.errors import DefinitionInvalid, ExamplesInvalid, FeaturesInvalid
from argosy.features.refreshing import TableRefreshes
from argosy.features.tables import Tables
from stored.bookings import ALL, Bookings

NOON = 1_700_000_000.0


@pytest.fixture
def make(tmp_path):
    made = []

    def project(table, **settings):
        values = {"name": "shop", "database": "sqlite:///argosy.db", "tables": {"goods": table}, **settings}
        made.append(Backends(tmp_path, parse_settings(values, {}), openers))
        return TableRefreshes(made[-1]), Tables(made[-1].cache)

    yield project
    for one in made:
        one.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_query_of_a_database(make, request, tmp_path, engine):
    url = f"sqlite:///{tmp_path}/shop.db" if engine == "sqlite" else request.getfixturevalue("postgresql_url")
    bookings = Bookings(url)
    bookings.book(("ana", "tea", NOON), ("bo", "cup", NOON + 0.5))
    table = {"key": "customer", "query": ALL, "database": "bookings", "every": "1s", "live": "1h"}
    refreshes, tables = make(table, databases={"bookings": url})
    assert refreshes.due(time.time()) == ["goods"]
    refreshes.look()
    looked_at = refreshes.known()["goods"].looked_at
    assert (refreshes.due(looked_at + 0.5), refreshes.due(looked_at + 1.5)) == ([], ["goods"])
    assert tables.row("goods", "bo") == {"product": "cup", "price": 5, "at": NOON + 0.5}
    bookings.book(("ana", "pot", NOON))
    with pytest.raises(FeaturesInvalid, match="row 2: its key is that of row 1"):
        refreshes.refresh("goods")
    assert "its key is that of row 1" in refreshes.known()["goods"].problem
    assert tables.table("goods").rows == 2
    bookings.rename("customer", "client")
    with pytest.raises((FeaturesInvalid, ExamplesInvalid)):
        refreshes.refresh("goods")
    assert tables.row("goods", "ana")["product"] == "tea"
    bookings.rename("client", "customer")
    bookings.remove("pot")
    refreshes.refresh("goods")
    assert refreshes.known()["goods"].problem == ""


def write(folder, name, *rows):
    (folder / name).write_text("\n".join(("product,price", *rows)) + "\n")


def test_files_are_read_when_one_is_new_or_another(make, tmp_path):
    refreshes, tables = make({"key": "product", "files": "goods/*.csv", "every": "1s"})
    (tmp_path / "goods").mkdir()
    with pytest.raises(FeaturesInvalid, match="there is no such file"):
        refreshes.refresh("goods")
    write(tmp_path / "goods", "a.csv", "tea,1")
    first = refreshes.refresh("goods", is_forced=False)
    assert refreshes.refresh("goods", is_forced=False) is None
    write(tmp_path / "goods", "b.csv", "cup,2")
    second = refreshes.refresh("goods", is_forced=False)
    assert (first.rows, second.rows) == (1, 2)
    write(tmp_path / "goods", "b.csv", "tea,2")
    with pytest.raises(FeaturesInvalid, match="line 4: its key is that of line 2"):
        refreshes.refresh("goods", is_forced=False)
    assert tables.row("goods", "cup") == {"price": 2}
    write(tmp_path / "goods", "b.csv", "pot,3")
    assert refreshes.refresh("goods", is_forced=False).rows == 2
    tables.remove("goods")
    assert refreshes.refresh("goods", is_forced=False).rows == 2, "it is not there any more"


def test_objects_are_read_when_one_is_new_or_another(make, bucket):
    options = bucket.url.partition("?")[2]
    refreshes, tables = make({"key": "product", "files": f"s3://{bucket.name}/goods/*.csv?{options}"})

    def put(name, *rows):
        text = "\n".join(("product,price", *rows)) + "\n"
        bucket.client.put_object(Bucket=bucket.name, Key=f"goods/{name}", Body=text.encode())

    put("a.csv", "tea,1")
    put("notes.md", "no,row")
    assert refreshes.refresh("goods", is_forced=False).rows == 1
    assert refreshes.refresh("goods", is_forced=False) is None
    put("b.csv", "cup,2")
    assert refreshes.refresh("goods", is_forced=False).rows == 2
    put("a.csv", "tea,3")
    table = refreshes.refresh("goods", is_forced=False)
    assert tables.row("goods", "tea") == {"price": 3}
    assert table.source == f"s3://{bucket.name}/goods/*.csv"


def test_a_bucket_that_is_not_there_is_one_line(make, bucket):
    options = bucket.url.partition("?")[2]
    refreshes, _ = make({"key": "product", "files": f"s3://no-{bucket.name}/*.csv?{options}"})
    refreshes.look()
    problem = refreshes.known()["goods"].problem
    assert "NoSuchBucket" in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"key": "a"}, "either `query`"),
        ({"key": "a", "query": "x", "files": "y", "database": "z"}, "either `query`"),
        ({"key": "a", "query": "x"}, r"tables\.goods\.database"),
        ({"key": "a", "files": "x", "every": "often"}, r"tables\.goods\.every"),
        ({"key": "a", "files": "x", "live": "long"}, r"tables\.goods\.live"),
        ({"files": "x"}, "key"),
    ],
)
def test_settings_that_make_no_table(table, said):
    with pytest.raises(DefinitionInvalid, match=said):
        parse_settings({"tables": {"goods": table}}, {})
