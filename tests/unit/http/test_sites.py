"""Which hosts and pages may send requests."""

import pytest

from argosy.errors import CrossSiteRequest, HostNotServed
from argosy.http.sites import Sites


def ask(method="POST", is_open=True, sites=None, **fields):
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    (sites or Sites()).check(method, [(b"accept", b"*/*"), *given], is_open=is_open)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "LOCALHOST", "a.localhost:1", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"]
)
def test_an_open_server_answers_under_the_names_of_its_own_machine(host):
    ask(host=host)
    ask("GET", host=host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "evillocalhost"),
        *("192.168.1.1", "0.0.0.0", "[::2]", "1", "localhost@evil.example"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_open_server_does_not_answer_under_other_names(host, method):
    with pytest.raises(HostNotServed, match=r"server\.hosts"):
        ask(method, host=host)
    ask(method, host=host, is_open=False)  # a token is required, which a page of that name does not have


def test_names_are_added():
    sites = Sites(["Shop.example"])
    sites.add("box")
    for host in ("shop.example", "SHOP.example:443", "box:8080", "box."):
        ask(sites=sites, host=host)
    with pytest.raises(HostNotServed):
        ask(sites=sites, host="a.shop.example")


OWN = {"host": "localhost:8080"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"origin": "http://localhost:8080"},
        {"origin": "HTTP://LOCALHOST:8080"},
        {"sec_fetch_site": "same-origin", "origin": "https://localhost"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "cross-site", "origin": "https://shop.example"},
        {"origin": "https://shop.example:8443"},
    ],
)
def test_programs_and_own_pages_may_ask(fields):
    ask(sites=Sites(["shop.example"]), **OWN, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://localhost"},
        {"origin": "null"},
        {"origin": "localhost:8080"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "http://localhost:8080"},
        {"sec_fetch_site": "cross-site", "origin": "http://shop.example.evil"},
    ],
)
@pytest.mark.parametrize("is_open", [True, False])
def test_another_sites_page_may_read_but_not_change(fields, is_open):
    with pytest.raises(CrossSiteRequest):
        ask(sites=Sites(["shop.example"]), is_open=is_open, **OWN, **fields)
    ask("GET", sites=Sites(["shop.example"]), is_open=is_open, **OWN, **fields)
