"""Services as files say them: what they come to, and what is wrong with one."""

import pytest

from argosy.definitions.service import load_services, parse_service, value_types
from argosy.definitions.service_steps import ClampOptions, ThresholdOptions, TopOptions
from argosy.definitions.yaml_files import parse_mapping
from argosy.errors import DefinitionInvalid

OFFERS = """
service: offers
accepts: {user: category, product: category, price: number, query: {kind: text, default: ""}}
features:
  history: {table: users, key: user, columns: [age_days, bought_total], default: {bought_total: 0}, at_most: 1d}
  clicks:
    stream: clicks
    key: user
    where: "kind = 'view'"
    aggregate: {views_30m: count, spent_30m: sum(price)}
    window: 30m
  product: {table: products, key: product, columns: {title: title, sort: category, margin: margin}, required: true}
prepare: offers.prepare
model: offers@champion
decide:
  - clamp: {min: 0.0, max: 1.0}
  - correct: {bias: measured}
  - mix: {score: "0.8*probability + 0.2*margin", rank_by: "score * 2"}
  - threshold: {at: 0.5, yes: recommend, no: pass, unsure: {below: 0.55, say: review}}
  - explore: 0.05
  - top: {k: 3, by: rank_by, within: request}
  - offers.finish
outcomes:
  bought:
    query: "SELECT user, product, at FROM bookings WHERE at > :since"
    database: bookings
    entity: [user, product]
    within: 7d
    otherwise: not_bought
place: {compute: "https://models:8080/", decide: own}
"""


def offers(**changes):
    return {**parse_mapping(OFFERS, "offers.yaml"), **changes}


def test_a_service_says_what_it_does():
    service = parse_service(offers(), "file")
    history, clicks, product = service.features
    assert service.name == "offers"
    assert (history.at_most, history.stale, history.default) == (86_400, "mark", {"bought_total": 0})
    assert (clicks.window, clicks.pane, str(clicks.aggregates["spent_30m"])) == (1800, 30, "sum(price)")
    assert product.columns == {"title": "title", "sort": "category", "margin": "margin"}
    assert service.columns["sort"] == "product"
    assert service.entity == ("user", "product")
    assert service.positive == "bought"
    assert service.functions == ("offers.prepare", "offers.finish")
    assert service.place == {"compute": "https://models:8080"}
    clamp, *_, top, _ = service.decide
    assert clamp == ClampOptions(min=0.0, max=1.0)
    assert isinstance(top, TopOptions)
    assert top.otherwise == "pass"
    assert value_types(service)["views_30m"] == "number"
    assert service.accepts["query"].has_default


def test_what_a_stream_computes_has_a_digest():
    def digest(**changes):
        values = offers()
        values["features"]["clicks"] |= changes
        return parse_service(values, "").features[1].digest

    same = digest(default={"views_30m": 0}, at_most="1h", required=True)
    assert digest() == same
    others = {digest(window="1h"), digest(where="kind = 'buy'"), digest(pane="1m"), digest(at="seen_at")}
    assert len(others | {same}) == 5


@pytest.mark.parametrize(
    ("model", "names", "references"),
    [
        ("topics", ["topics"], ["topics"]),
        (["fast-one@champion", "exact@2"], ["fast_one", "exact"], ["fast-one@champion", "exact@2"]),
        ({"fast": "a@champion", "exact": "b"}, ["fast", "exact"], ["a@champion", "b"]),
        ({"a@champion": 0.9, "a@canary": 0.1}, ["a", "a"], ["a@champion", "a@canary"]),
    ],
)
def test_models_are_one_or_several_or_have_weights(model, names, references):
    service = parse_service({"service": "s", "accepts": {"text": "text"}, "model": model}, "")
    assert [one.name for one in service.models] == names
    assert [one.reference for one in service.models] == references


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("service", "Offers", "service: 'Offers' is no name of a service"),
        ("acepts", {}, "acepts: a service has no such key .did you mean 'accepts'"),
        ("accepts", {}, "accepts: expected inputs such as"),
        ("accepts", {"user": "categry"}, r"accepts\.user: expected one of .*did you mean 'category'"),
        ("accepts", {"user": {"kind": "number", "default": "a"}}, r"accepts\.user\.default: expected a number"),
        ("accepts", {"label": "text", "user": "text", "product": "text"}, "'label' is what a model or a step answers"),
        ("features", {"h": {"table": "users", "key": "usr", "columns": ["a"]}}, r"h\.key: no input is called 'usr'"),
        ("features", {"h": {"key": "user", "columns": ["a"]}}, "h: has neither a `table` nor a `stream`"),
        ("features", {"h": {"table": "users", "key": "user", "columns": []}}, r"h\.columns: expected a list"),
        ("features", {"h": {"table": "t", "key": "user", "columns": ["price"]}}, "'price' is an input already"),
        ("features", {"h": {"table": "t", "key": "user", "columns": ["a"], "default": {"b": 1}}}, r"default\.b"),
        ("features", {"h": {"table": "t", "key": "user", "columns": ["a"], "stale": "refuse"}}, "give that"),
        ("features", {"h": {"table": "t", "key": "user", "columns": ["a"], "at_most": "soon"}}, "no duration"),
        ("features", {"c": {"stream": "c", "key": "user", "window": "1h"}}, r"c\.aggregate: expected a mapping"),
        ("features", {"c": {"stream": "c", "key": "user", "aggregate": {"n": "count"}}}, r"c\.window: is missing"),
        (
            "features",
            {"c": {"stream": "c", "key": "user", "aggregate": {"n": "cont"}, "window": "1h"}},
            "begins with no aggregate .did you mean 'count'",
        ),
        (
            "features",
            {"c": {"stream": "c", "key": "user", "aggregate": {"n": "sum(a"}, "window": "1h"}},
            r"write sum\(VALUE\)",
        ),
        (
            "features",
            {"c": {"stream": "c", "key": "user", "aggregate": {"n": "count"}, "window": "1h", "pane": "7m"}},
            r"c\.pane: the window must consist of whole panes",
        ),
        (
            "features",
            {"c": {"stream": "c", "key": "user", "aggregate": {"n": "count"}, "window": "1h", "where": "a ="}},
            r"c\.where: the expression 'a =' ends too early",
        ),
        ("prepare", "prepare", "prepare: 'prepare' names no function"),
        ("model", {}, "model: expected a model such as offers@champion"),
        ("model", {"a@x": 0, "a@y": 0}, "not all of them zero"),
        ("model", ["a", "a@2"], "each once"),
        ("decide", [{"clmp": {}}], r"decide\[0\]\.clmp: no such step .did you mean 'clamp'"),
        ("decide", [{"clamp": {}}], r"decide\[0\]\.clamp: needs a `min`"),
        ("decide", [{"clamp": {"min": 1, "max": 0}}], "above the max"),
        ("decide", [{"mix": {"score": "0.8*probabilty"}}], r"mix\.score.*nothing is called 'probabilty'.*did you mean"),
        ("decide", [{"mix": {"score": "label"}}], "it is a text and no number"),
        ("decide", [{"threshold": {"at": 0.5, "yes": "a", "no": "a"}}], "`yes` and `no` say the same"),
        ("decide", [{"threshold": {"at": 0.5, "yes": "a", "no": "b", "by": "label"}}], "'label' is a text"),
        (
            "decide",
            [{"threshold": {"at": 0.5, "yes": "a", "no": "b", "unsure": {"below": 0.4, "say": "c"}}}],
            "goes from an `above` below `at`",
        ),
        ("decide", [{"top": {"k": 3}}], r"top\.otherwise: is missing"),
        ("decide", [{"top": {"k": 0}}], r"top\.k: expected a whole number"),
        ("decide", [{"explore": 0.1}], "must stand before it"),
        ("decide", ["finish"], r"decide\[0\]: 'finish' names no function"),
        ("outcomes", {"b": {"posted": True, "within": "7d"}}, r"outcomes\.b\.entity"),
        ("outcomes", {"b": {"posted": True, "entity": ["usr"], "within": "7d"}}, "no input is called 'usr'"),
        (
            "outcomes",
            {"b": {"entity": "user", "within": "7d"}},
            "query, topic, files, posted; got none",
        ),
        (
            "outcomes",
            {"b": {"query": "SELECT 1", "database": "d", "entity": "user", "within": "7d"}},
            "must have `:since`",
        ),
        ("outcomes", {"b": {"query": "x > :since", "entity": "user", "within": "7d"}}, r"b\.database: is missing"),
        ("place", {"computer": "https://x"}, "did you mean 'compute'"),
        ("place", {"compute": "models:8080"}, "is no server"),
    ],
)
def test_what_is_wrong_with_a_service_is_said(key, value, problem):
    with pytest.raises(DefinitionInvalid, match=problem):
        parse_service(offers(**{key: value}), "")


def test_a_threshold_may_be_unsure_on_both_sides():
    step = {"threshold": {"at": 0.5, "yes": "a", "no": "b", "unsure": {"above": 0.4, "below": 0.6, "say": "c"}}}
    [found] = parse_service(offers(decide=[step]), "").decide
    assert isinstance(found, ThresholdOptions)
    assert (found.unsure.above, found.unsure.below) == (0.4, 0.6)


def test_services_are_the_files_of_a_folder(tmp_path):
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "offers.yaml").write_text(OFFERS)
    (tmp_path / "services" / "plain.json").write_text('{"accepts": {"text": "text"}, "model": "topics"}')
    (tmp_path / "services" / "notes.txt").write_text("no service")
    assert list(load_services(tmp_path)) == ["offers", "plain"]
    (tmp_path / "services" / "second.yaml").write_text(OFFERS.replace("at_most: 1d", "at_most: 2d"))
    with pytest.raises(DefinitionInvalid, match=r"second\.yaml:2: service: another file has a service 'offers'"):
        load_services(tmp_path)
    (tmp_path / "services" / "second.yaml").write_text(OFFERS.replace("key: user,", "key: usr,"))
    with pytest.raises(DefinitionInvalid, match=r"second\.yaml:5: features\.history\.key"):
        load_services(tmp_path)
