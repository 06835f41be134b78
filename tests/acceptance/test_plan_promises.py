"""`plan check` refuses or reports what would fail in training."""

import pytest

FIELDS = "age,city,label\n" + "".join(f"{n % 50},place {n},label{n % 2}\n" for n in range(200))


@pytest.fixture
def shop(empty):
    empty.write("fields.csv", FIELDS)
    empty("examples", "import", "fields.csv", "--fields", "age,city")
    return empty


@pytest.mark.parametrize("command", ["check", "submit"])
@pytest.mark.parametrize(
    ("adapter", "problem"),
    [
        ("tfidf", "the model reads the text field 'text'; the input has these fields: age, city"),
        ("{name: hashing, options: {field: [city, town]}}", "the model reads the text field 'town'"),
        ("{name: union, options: {of: [[tfidf, numeric]]}}", "the model reads the text field 'text'"),
        ("[numeric, word_frequency]", "adapter word_frequency: the model reads the text field 'text'"),
    ],
)
def test_an_adapter_of_texts_that_finds_none(shop, command, adapter, problem):
    shop.write("plan.yaml", f"dataset: all\nadapter: {adapter}\nmodel: logistic\n")
    assert problem in shop.mistake("plan", command, "plan.yaml")


@pytest.mark.parametrize("command", ["check", "submit"])
@pytest.mark.parametrize(
    ("adapter", "problem"),
    [
        ("{name: numeric, options: {numbers: [[age, size]]}}", "no example has the field 'size'; there are: age, city"),
        ("{name: numeric, options: {texts: [[town]]}}", "no example has the field 'town'"),
        ("{name: numeric, options: {numbers: [[age], [city]]}}", "the field 'city' must be a number, not a text"),
        (
            "{name: union, options: {of: [[numeric, {name: numeric, options: {texts: [town]}}]]}}",
            "no example has the field 'town'",
        ),
    ],
)
def test_fields_that_are_named_and_are_none(shop, command, adapter, problem):
    shop.write("plan.yaml", f"dataset: all\nadapter: {adapter}\nmodel: logistic\n")
    assert problem in shop.mistake("plan", command, "plan.yaml")


def test_a_field_that_few_examples_have(empty):
    rows = [f'{{"text": {{"age": {n}}}, "label": "label{n % 2}"}}' for n in range(200)]
    rows += [f'{{"text": {{"age": {n}, "size": 1}}, "label": "label{n % 2}"}}' for n in range(200, 220)]
    empty.write("rows.jsonl", "\n".join(rows))
    empty("examples", "import", "rows.jsonl")
    adapter = "{name: numeric, options: {numbers: [[age, size]]}}"
    empty.write("plan.yaml", f"dataset: all\nadapter: {adapter}\nmodel: logistic\n")
    assert empty.json("plan", "check", "plan.yaml")["will_train"] == 1


@pytest.mark.parametrize(("kind", "is_right"), [("numbers", False), ("texts", True), ("categories", True)])
def test_a_text_stands_for_the_one_field_that_is_named(empty, kind, is_right):
    empty.write("rows.csv", "text,label\n" + "".join(f"text {n},label{n % 2}\n" for n in range(200)))
    empty("examples", "import", "rows.csv")
    adapter = f"{{name: numeric, options: {{{kind}: [[note]]}}}}"
    empty.write("plan.yaml", f"dataset: all\nadapter: {adapter}\nmodel: logistic\n")
    if is_right:
        assert empty.json("plan", "check", "plan.yaml")["will_train"] == 1
    else:
        assert "the field 'note' must be a number, not a text" in empty.mistake("plan", "check", "plan.yaml")


def test_adapters_that_find_their_fields(shop):
    shop.write(
        "plan.yaml", "dataset: all\nadapter: [numeric, {name: tfidf, options: {field: city}}]\nmodel: logistic\n"
    )
    assert shop.json("plan", "check", "plan.yaml")["will_train"] == 2


@pytest.mark.parametrize("command", ["check", "submit"])
def test_a_date_that_is_none(shop, command):
    shop.write(
        "plan.yaml",
        "dataset: {name: span, options: {start: [2016-01-01, 2016-13-45]}}\nadapter: numeric\nmodel: logistic\n",
    )
    said = shop.mistake("plan", command, "plan.yaml")
    assert "dataset.options.start[1]: '2016-13-45' is no time: write 2016-01-31" in said


@pytest.mark.parametrize("command", ["check", "submit"])
def test_a_plan_of_which_nothing_may_train(shop, command):
    shop.write("plan.yaml", "dataset: all\nadapter: numeric\nmodel: naive_bayes\n")
    assert "of 1 permutation none may be trained" in shop.mistake("plan", command, "plan.yaml")


LACKING = """\
from argosy.models.adapters import adapters
from argosy.models.adapters.numeric import Numeric


class Lacking(Numeric):
    @classmethod
    def lacks(cls, options):
        return "the adapter lacking needs pip install moonlight"


adapters.register("lacking", Lacking)
"""


def test_what_is_not_installed_here(shop):
    shop.write("lacking_adapter.py", LACKING)
    shop.write("argosy.yaml", "plugins: [lacking_adapter]\n")
    shop.write("plan.yaml", "dataset: all\nadapter: [numeric, lacking]\nmodel: logistic\n")
    said = shop("plan", "check", "plan.yaml")
    assert "Fails here: the adapter lacking needs pip install moonlight (1 definition)" in said
    assert shop.json("plan", "check", "plan.yaml")["lacking"] == [
        {"reason": "the adapter lacking needs pip install moonlight", "count": 1}
    ]
