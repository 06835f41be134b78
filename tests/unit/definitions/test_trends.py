"""Trends as files say them, and what is wrong with one."""

import pytest

from argosy.definitions.trends import load_trends, parse_trend
from argosy.definitions.yaml_files import parse_mapping
from argosy.errors import DefinitionInvalid

PRODUCTS = """
stream: clicks
key: product
where: "kind = 'view'"
aggregate: {views: count, spent: sum(price * amount)}
window: 1h
every: 5m
top: 3
by: spent
to: trending
"""


def products(**changes):
    values = {**parse_mapping(PRODUCTS, "products.yaml"), **changes}
    return {name: value for name, value in values.items() if value is not ...}


def test_a_trend_says_what_it_does():
    trend = parse_trend(products(), "products")
    assert (trend.name, trend.window, trend.every, trend.panes) == ("products", 3600, 300, 12)
    assert (trend.top, trend.by, trend.lateness, trend.at, trend.to) == (3, "spent", 60.0, "at", "trending")
    assert trend.columns == ("at", "trend", "rank", "product", "views", "spent")
    assert str(trend.aggregates["spent"]) == "sum(price * amount)"
    assert trend.feature.pane == 300


def test_what_is_left_out_has_a_meaning():
    trend = parse_trend(products(every=..., top=..., by=..., to=..., where=...), "products")
    assert (trend.every, trend.panes, trend.top, trend.by, trend.to, trend.where) == (3600, 1, 10, "views", "", None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"streem": "x"}, "streem: a trend has no such key (did you mean 'stream'?)"),
        ({"stream": ...}, "stream: is missing"),
        ({"key": ""}, "key: is empty"),
        ({"key": "a b"}, "key: 'a b' is no name"),
        ({"key": "rank"}, "key: 'rank' is a column of every row already (at, trend, rank)"),
        ({"aggregate": {"at": "count"}}, "aggregate.at: 'at' is a column of every row already"),
        ({"aggregate": {"product": "count"}, "by": ...}, "aggregate.product: 'product' is the key already"),
        ({"aggregate": {"x": "last(price)"}, "by": ...}, "aggregate.x: a trend has no `last`"),
        ({"by": "spend"}, "by: no aggregate is called 'spend' (did you mean 'spent'?): views, spent"),
        ({"every": "7m"}, "every: the window must be a multiple of it"),
        ({"every": "2h"}, "every: the window must be a multiple of it"),
        ({"every": "1s"}, "every: a window is 1,000 times as long at most"),
        ({"window": "1500ms", "every": ...}, "window: '1500ms' is not a number of whole seconds"),
        ({"window": "90w", "every": ...}, "window: is 366 days at most"),
        ({"lateness": "400d"}, "lateness: is 366 days at most"),
        ({"top": 0}, "top: is 1 to 1,000; got 0"),
        ({"to": "clicks"}, "to: is the stream itself"),
        ({"where": "price"}, None),
        ({"where": "price + 1"}, "where: 'price + 1': it is a number: write a condition"),
        ({"trend": "Products"}, "trend: 'Products' is no name of a trend"),
    ],
)
def test_what_is_wrong_is_said(changes, message):
    if message is None:
        parse_trend(products(**changes), "products")
        return
    with pytest.raises(DefinitionInvalid) as caught:
        parse_trend(products(**changes), "products")
    assert message in str(caught.value)


def test_trends_are_the_files_of_a_folder(tmp_path):
    assert load_trends(tmp_path) == {}
    (tmp_path / "trends").mkdir()
    (tmp_path / "trends" / "products.yaml").write_text(PRODUCTS, "utf-8")
    (tmp_path / "trends" / "notes.txt").write_text("not one", "utf-8")
    assert load_trends(tmp_path) == {"products": parse_trend(products(), "products")}
    (tmp_path / "trends" / "twice.yaml").write_text("trend: products" + PRODUCTS, "utf-8")
    with pytest.raises(DefinitionInvalid, match=r"twice.yaml:1: trend: another file has a trend 'products' already"):
        load_trends(tmp_path)
