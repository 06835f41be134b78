"""Routes of several packages on one address: none hides another."""

from typing import Any

import pytest

from argosy.http.endpoint import Endpoint, Routes
from argosy.http.request_metrics import RequestMetrics
from argosy.http.server_routes import with_server_routes

ACCESS: Any = None
"""Nobody asks these routes."""


async def handler(request):
    raise NotImplementedError


def routes(name="news", path="/news", **more):
    return Routes([Endpoint("GET", path, name, handler, "What happens.", "text")], **more)


def test_routes_of_two_packages_come_in_order_and_before_the_servers_own():
    found = with_server_routes([routes(), routes("more", "/more")], ACCESS, RequestMetrics())
    assert [one.path for each in found for one in each.endpoints] == [
        "/news",
        "/more",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/",
    ]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (routes(path="/other"), "two endpoints are called 'news'"),
        (routes("other"), "two routes are called 'GET /news'"),
        (routes("metrics", "/other"), "two endpoints are called 'metrics'"),
        (routes("other", "/other", schemas={"Home": {}}), "two schemas are called 'Home'"),
        (routes("other", "/other", places={"document": "x"}), "two places are called 'document'"),
    ],
)
def test_what_would_hide_another_is_refused(second, said):
    with pytest.raises(ValueError, match=said):
        with_server_routes([routes(), second], ACCESS, RequestMetrics())
