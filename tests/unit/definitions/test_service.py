"""Services as files say them: what they come to, and what is wrong with one."""

import json

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
  - top: {k: 3, by: rank_by, within: request}
  - explore: 0.05
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
    clamp, *_, top, _, _ = service.decide
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
        ("accepts", {1: "text"}, "accepts.1: 1 is no name"),
        ("accepts", {"TRUE": "text"}, "'TRUE' has a meaning in expressions"),
        ("accepts", {"a\n": "text"}, r"^accepts\.a\\n: 'a\\n' is no name"),
        ("accepts", {"a" * 5000: "text"}, r"^accepts\.a+…: 'a+… is no name"),
        ("accepts", {f"k{place}": "text" for place in range(300)}, r"k19, … \(300 in all\)$"),
        ("features", {2: {}}, "features.2: 2 is no name of a feature"),
        (
            "features",
            {"h": {"table": "t", "key": "user", "columns": ["label"]}},
            "^features.h: 'label' is what a model",
        ),
        (
            "features",
            {"h": {"table": "t", "key": "user", "columns": {"a": ""}}},
            r"columns\.a: is the name of no column",
        ),
        ("features", {"h": {"table": "t", "key": "user", "columns": ["a"], "default": []}}, r"h\.default: expected"),
        ("accepts", {"label": "text", "user": "text", "product": "text"}, "'label' is what a model or a step answers"),
        ("features", {"h": {"table": "users", "key": "usr", "columns": ["a"]}}, r"h\.key: no input is called 'usr'"),
        ("features", {"h": {"key": "user", "columns": ["a"]}}, "h: has neither a `table` nor a `stream`"),
        ("features", {"h": {"key": "user", "table": "a", "stream": "b"}}, "h: has both a `table` and a `stream`"),
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
        (
            "features",
            {"c": {"stream": "c", "key": "user", "aggregate": {"n": "sum('a')"}, "window": "1h"}},
            r"aggregate\.n: \"'a'\": it is a text and no number",
        ),
        (
            "features",
            {"c": {"stream": "c", "key": "user", "aggregate": {"n": "max(a and 1)"}, "window": "1h"}},
            r"aggregate\.n: .*takes a boolean and not a number",
        ),
        (
            "features",
            {"c": {"stream": "c", "key": "user", "aggregate": {"n": "count"}, "window": "1h", "where": "price + 1"}},
            r"c\.where: .*it is a number: write a condition",
        ),
        ("prepare", "prepare", "prepare: 'prepare' names no function"),
        ("model", {}, "model: expected a model such as offers@champion"),
        ("model", None, "model: is missing: name a model such as offers@champion"),
        ("timeout", 50, "timeout: 50 is no duration"),
        ("decide", [{"mix": {"score": "lowr(label)"}}], "calls 'lowr', which is no function .did you mean 'lower'"),
        ("model", {"a@x": 0, "a@y": 0}, "not all of them zero"),
        ("model", {"a@x": 1e308, "a@y": 1e308}, "weights are 0 to 1,000,000"),
        ("model", {"a@x": float("nan"), "a@y": 1}, "expected a number"),
        ("model", ["a", "a@2"], "each once"),
        ("model", "a@b@c", "expected a model such as"),
        ("model", {"and": "a", "b": "b"}, "'and' has a meaning"),
        ("decide", [{"clmp": {}}], r"decide\[0\]\.clmp: no such step .did you mean 'clamp'"),
        ("decide", [{"clamp": {1: 2}}], r"clamp\.1: no such setting; there are: min, max"),
        ("decide", [{"mix": {"price": "1"}}], r"mix\.price: there is a value of that name"),
        ("decide", [{"mix": {"probability": "1"}}], r"mix\.probability: there is a value of that name"),
        ("decide", [{"mix": {"rank": "1e999"}}], "a number that is too large"),
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
        (
            "decide",
            [{"threshold": {"at": 0.5, "yes": "a", "no": "b"}}, {"explore": 0.1}, {"top": {"k": 1}}],
            r"decide\[2\]\.top: stands behind explore",
        ),
        ("decide", ["finish"], r"decide\[0\]: 'finish' names no function"),
        ("outcomes", {"b": {"posted": True, "within": "7d"}}, r"outcomes\.b\.entity: is missing: name the inputs"),
        ("outcomes", {"b": {"posted": True, "entity": "user", "within": 7}}, r"b\.within: 7 is no duration"),
        (
            "outcomes",
            {"b": {"posted": True, "entity": "user", "within": "7d", "otherwise": "b"}},
            r"b\.otherwise: 'b' is what happened",
        ),
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
        ("outcomes", {"b": {"posted": "yes", "entity": "user", "within": "7d"}}, r"b\.posted: expected"),
        ("outcomes", {"b": {"posted": False, "entity": "user", "within": "7d"}}, "got none"),
        ("place", {"compute": "https://["}, "is no server"),
        ("place", {"compute": "https://models:99999"}, "is no server"),
        ("place", {"compute": "https://me:secret@models"}, "^place.compute: it is no server: [^@]*$"),
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


def test_borders_of_a_threshold_may_be_zero():
    step = {"threshold": {"at": -1, "yes": "a", "no": "b", "unsure": {"below": 0.0, "say": "c"}}}
    [found] = parse_service(offers(decide=[step]), "").decide
    assert found.unsure.below == 0


@pytest.mark.parametrize(
    ("window", "pane"), [("500ms", 0.5), ("59500ms", 59.5 / 59), ("45s", 1), ("1h", 60), ("1m", 1)]
)
def test_a_window_consists_of_whole_panes_where_none_are_given(window, pane):
    clicks = {"stream": "clicks", "key": "user", "aggregate": {"n": "count"}, "window": window}
    [found] = parse_service(offers(features={"clicks": clicks}, decide=[]), "").features
    assert found.pane == pytest.approx(pane)
    assert found.window % found.pane == pytest.approx(0, abs=1e-9) or found.window % found.pane == pytest.approx(pane)


def test_an_aggregate_may_be_of_the_least_of_several_fields():
    clicks = {"stream": "clicks", "key": "user", "aggregate": {"least": "min(min(price, offer))"}, "window": "1h"}
    [found] = parse_service(offers(features={"clicks": clicks}, decide=[]), "").features
    assert found.aggregates["least"].of == "min(price, offer)"


def places_in(values, place=()):
    yield place
    for key, inside in (
        values.items() if isinstance(values, dict) else enumerate(values if type(values) is list else ())
    ):
        yield from places_in(inside, (*place, key))


def changed(values, place, value):
    """A copy with another value at that place."""
    if not place:
        return value
    copy = values.copy()
    copy[place[0]] = changed(values[place[0]], place[1:], value)
    return copy


NESTED = json.loads("[" * 60 + "]" * 60)
HOSTILE = [None, True, 0, -1, 1e308, float("nan"), -float("inf"), 10**400, [], {}, [None], {"": 1}, {1: 2}, {None: 1}]
HOSTILE += ["", " ", "a" * 10_000, "a\nb", "ünï", "\u202e", "1e400", "(((", "'", "a@", "https://[", "999999w", "a.b"]
HOSTILE += [NESTED, ["a"] * 1000, {f"k{place}": "text" for place in range(300)}, {"a\n" * 300: {}}]


@pytest.mark.parametrize("place", [place for place in places_in(parse_mapping(OFFERS, "")) if place])
def test_any_value_anywhere_is_taken_or_refused_in_one_short_line(place):
    for value in HOSTILE:
        problem = ""
        try:
            value_types(parse_service(changed(offers(), place, value), "file"))
        except DefinitionInvalid as raised:
            problem = str(raised)
        assert problem.isprintable()
        assert len(problem) < 1000


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
