from __future__ import annotations

import json
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.app.backends import database as opened
from argosy.datasets.example import Example, content, payload, read_payload
from argosy.datasets.examples import Examples
from argosy.datasets.export import write_csv, write_json_lines
from argosy.datasets.file_options import FileOptions
from argosy.errors import CollectionNotFound, ExamplesInvalid, KeyWrong
from argosy.identities import identity_of
from argosy.label_sets import canonical_label
from argosy.vault import Vault
from argosy.vault.keys.file import FileKeys
from stored.rows import alter

TEXTS = st.text(min_size=1, max_size=40).filter(lambda text: not text.isspace())
LABELS = TEXTS.filter(lambda text: canonical_label(text) == text and text[0] not in "[({" and "\0" not in text)
SUBJECTS = (TEXTS.filter(lambda text: "\0" not in text) | st.text("'=-+@{ a", min_size=1)).map(
    lambda text: identity_of(text, "subject")
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**50), 2**50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
INPUTS = (
    TEXTS
    | st.text("'=-+@{a", min_size=1)
    | st.dictionaries(st.text(max_size=8), JSON, min_size=1, max_size=4).filter(
        lambda fields: any(
            not (value is None or (isinstance(value, str) and not value.strip())) for value in fields.values()
        )
    )
)
ROWS = st.lists(
    st.builds(
        Example,
        INPUTS,
        LABELS | st.sampled_from(['["a","b"]', "[]", "=1", "'-", "-1"]),
        st.none() | st.floats(0, 4e9).map(lambda seconds: round(seconds, 3)),
        st.sampled_from(["", "desk"]),
        st.none() | SUBJECTS,
        st.none() | st.sampled_from(["train", "validation", "test"]),
        origin=st.none() | st.just("ab" * 22),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: content(row.input),
)


def said(row):
    return (content(row.input), row.label, row.seen_at, row.source, row.subject, row.split, row.origin)


@given(INPUTS, st.none() | TEXTS)
@settings(deadline=None, max_examples=80)
def test_a_payload_holds_the_input_and_the_subject(given_input, subject):
    assert read_payload(payload(given_input, subject)) == (given_input, subject)


@given(ROWS)
@settings(deadline=None, max_examples=40)
def test_import_then_export_gives_the_same_rows_in_order(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("round_trip")
    with closing(opened("sqlite:///argosy.db", folder)) as database:
        examples = fresh(folder, database)
        examples.add("news", rows, source="python")
        exported = list(examples.export("news"))
        assert [said(row)[:2] + said(row)[4:] for row in exported] == [said(row)[:2] + said(row)[4:] for row in rows]
        file = folder / "export.jsonl"
        with file.open("w", encoding="utf-8") as out:
            write_json_lines(exported, out)
        again = examples.import_file("copy", file)
        assert again.added == len(rows)
        assert [said(row) for row in examples.export("copy")] == [said(row) for row in exported]
        table = folder / "export.csv"
        with table.open("w", encoding="utf-8", newline="") as out:
            write_csv(exported, out)
        examples.import_file("table", table)
        assert [said(row) for row in examples.export("table")] == [said(row) for row in exported]


def fresh(folder, database):
    database.migrate()
    keys = FileKeys(folder / "keys")
    keys.create("examples")
    return Examples(database, Vault(database, keys), now=lambda: 1_700_000_000.5)


def test_what_a_row_leaves_out_is_filled_in(examples):
    examples.add("news", [Example("a text", "a")], source="desk")
    (row,) = examples.export("news")
    assert (row.seen_at, row.source, row.revision, len(row.example_id)) == (1_700_000_000.0, "desk", 1, 32)


def test_the_same_rows_again_add_nothing(examples):
    rows = [Example(f"text {at}", "ab"[at % 2]) for at in range(50)]
    first = examples.add("news", rows)
    assert (first.added, first.duplicates) == (50, 0)
    again = examples.add("news", rows, on_conflict="error")
    assert (again.added, again.revised, again.duplicates, again.conflicts) == (0, 0, 50, 0)
    assert examples.count("news").revisions == 50


def test_duplicates_within_an_import_are_kept_once(examples):
    rows = [Example("same", "a"), Example("other", "b"), Example("same", "a"), Example("same", "a")]
    report = examples.add("news", rows, on_conflict="error")
    assert (report.added, report.duplicates, report.conflicts) == (2, 2, 0)
    assert [row.input for row in examples.export("news")] == ["same", "other"]


def test_a_duplicate_moves_its_example_to_no_other_part(examples):
    examples.add("news", [Example("text", "a", 1.0, "desk", split="train")])
    report = examples.add("news", [Example("text", "a", 2.0, "wire", split="test")])
    assert (report.added, report.revised, report.duplicates) == (0, 0, 1)
    (row,) = examples.export("news")
    assert (row.seen_at, row.source, row.split) == (1.0, "desk", "train")


def test_another_label_is_a_revision_of_the_same_example(examples):
    examples.add("news", [Example("text", "a", 1.0)])
    report = examples.add("news", [Example("text", "b", 2.0)])
    assert (report.added, report.revised, report.conflicts) == (0, 1, 1)
    (current,) = examples.export("news")
    first, second = examples.show(current.example_id)
    assert [(row.label, row.revision, row.input) for row in (first, second)] == [("a", 1, "text"), ("b", 2, "text")]
    assert first.example_id == second.example_id == current.example_id
    assert examples.count("news").labels == {"b": 1}


def test_fields_in_another_order_are_the_same_example(examples):
    examples.add("news", [Example({"title": "x", "body": "y"}, "a")])
    assert examples.add("news", [Example({"body": "y", "title": "x"}, "a")]).duplicates == 1


def test_the_same_input_in_another_collection_is_another_example(examples):
    examples.add("one", [Example("text", "a")])
    examples.add("two", [Example("text", "b")], on_conflict="error")
    assert examples.collections() == {"one": 1, "two": 1}


def test_an_import_that_fails_leaves_nothing(examples):
    def rows():
        yield from (Example(f"text {at}", "a") for at in range(2500))
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        examples.add("news", rows())
    assert examples.collections() == {}


def test_an_interrupted_import_leaves_nothing(examples):
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examples.add("news", [Example("text", "a")], progress=interrupt)
    assert examples.collections() == {}
    assert examples.add("news", [Example("text", "a")]).added == 1


def test_a_conflict_under_error_leaves_nothing(examples):
    examples.add("news", [Example("text", "a")])
    with pytest.raises(ExamplesInvalid, match="row 2 says 'b', the stored example says 'a'"):
        examples.add("news", [Example("new", "a"), Example("text", "b")], on_conflict="error")
    assert examples.count("news").examples == 1


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (Example("", "a"), "empty"),
        (Example(" \n", "a"), "empty"),
        (Example("text", ""), "label is empty"),
        (Example("x" * 1_000_001, "a"), "limit"),
        (Example({}, "a"), "no fields"),
        (Example({"x": "y" * 1_000_001}, "a"), "limit"),
        (Example({"x": object()}, "a"), "no JSON"),
        (Example("lone \ud800", "a"), "surrogates"),
        (Example("text", "a", split="holdout"), "split"),
        (Example("text", None), "no label"),
        (Example(3, "a"), "int"),
    ],
)
def test_a_row_that_cannot_be_stored_is_named_and_leaves_nothing(examples, row, problem):
    with pytest.raises(ExamplesInvalid, match=f"row 2: .*{problem}"):
        examples.add("news", [Example("good", "a"), row])
    assert examples.collections() == {}


def test_progress_is_reported_and_batches_do_not_show(examples):
    reported = []
    examples.add("news", (Example(f"text {at}", "a") for at in range(2300)), progress=reported.append)
    assert reported == [1000, 2000, 2300]
    assert [row.input for row in examples.export("news")] == [f"text {at}" for at in range(2300)]


def test_counts_are_by_label_source_and_split(examples):
    examples.add("news", [Example("1", "a", 5.0, "desk", split="test"), Example("2", "b", 7.0)], source="py")
    counts = examples.count("news")
    assert (counts.labels, counts.sources, counts.splits) == ({"a": 1, "b": 1}, {"desk": 1, "py": 1}, {"test": 1})
    assert (counts.first_seen_at, counts.last_seen_at) == (5.0, 7.0)


def test_an_unknown_collection_lists_those_there_are(examples):
    examples.add("news", [Example("text", "a")])
    for ask in (examples.count, lambda name: next(examples.export(name))):
        with pytest.raises(CollectionNotFound, match=r"did you mean 'news'.*there are: news"):
            ask("new")


@pytest.mark.parametrize("name", ["", "two words", "a/b", "x;y"])
def test_a_collection_is_named_by_a_plain_word(examples, name):
    with pytest.raises(ExamplesInvalid, match="no name for a collection"):
        examples.add(name, [Example("text", "a")])


@pytest.mark.parametrize("example_id", ["xyz", "00" * 16])
def test_an_unknown_example_is_refused(examples, example_id):
    with pytest.raises(ExamplesInvalid):
        examples.show(example_id)


def test_another_master_key_reads_nothing(examples, database, tmp_path):
    examples.add("news", [Example("text", "a")])
    other = FileKeys(tmp_path / "other")
    other.create("examples")
    stranger = Examples(database, Vault(database, other))
    with pytest.raises(KeyWrong):
        list(stranger.export("news"))
    with pytest.raises(KeyWrong):
        stranger.add("news", [Example("more", "a")])


def test_csv_has_a_line_each_that_an_import_reads_back(examples, tmp_path):
    examples.add("news", [Example('a "text", with\na line', "a", subject="s"), Example({"title": "t"}, "b")])
    with (tmp_path / "news.csv").open("w", encoding="utf-8", newline="") as out:
        write_csv(examples.export("news"), out)
    assert examples.import_file("copy", tmp_path / "news.csv").added == 2
    inputs = [row.input for row in examples.export("copy")]
    assert inputs == ['a "text", with\na line', {"title": "t"}]


def test_a_collection_from_before_keeps_its_spelling_and_gets_no_second_class(examples, database):
    examples.add("news", [Example("one", "true"), Example("two", "1"), Example("three", '["a","true"]')])
    for now, before in (("true", "True"), ("1", "1.0"), ('["a","true"]', '["True","a"]')):
        alter(database, "examples", {"label": now}, label=before)  # as they were stored before there was one form
    more = [Example("one", "TRUE"), Example("four", True), Example("five", 1), Example("six", ["true", "b"])]
    report = examples.add("news", more)
    assert (report.duplicates, report.added, report.conflicts) == (1, 3, 0)
    assert examples.count("news").labels == {"True": 4, "1.0": 2, "a": 1, "b": 1}


def test_labels_of_one_form_are_one_class_and_those_alike_are_reported(examples):
    rows = [("a", "Versand"), ("b", "Versand "), ("c", " versand"), ("d", "Mu\u0308ll"), ("e", "M\u00fcll")]
    report = examples.add("news", [Example(*row) for row in rows])
    assert report.alike == [("Versand", "versand")]
    assert examples.count("news").labels == {"Versand": 2, "versand": 1, "M\u00fcll": 2}


def test_labels_that_are_alike_are_merged_on_request(examples):
    examples.add("news", [Example("a", "Versand", 1.0), Example("b", "versand", 1.0), Example("c", "Versand", 1.0)])
    report = examples.add("news", [Example("b", "VERSAND"), Example("d", "versand")], fold_case=True)
    assert (report.revised, report.added) == (1, 1)
    assert report.merged == {"VERSAND": "Versand", "versand": "Versand"}
    assert report.alike == []
    assert (report.conflicts, report.dropped, report.disagreements) == (0, 0, [])
    assert examples.count("news").labels == {"Versand": 4}


@pytest.mark.parametrize("rule", ["error", "drop", "majority"])
def test_what_is_merged_is_no_conflict_under_any_rule(examples, rule):
    examples.add("news", [Example("a", "Versand", 1.0), Example("b", "versand", 1.0), Example("c", "Versand", 1.0)])
    report = examples.add("news", [Example("b", "versand")], rule, fold_case=True)
    assert (report.revised, report.conflicts, report.dropped) == (1, 0, 0)
    assert examples.count("news").labels == {"Versand": 3}


def test_rows_that_disagree_are_listed_in_their_order(examples):
    rows = [Example("a", "x", 3.0), Example("b", "x"), Example("a", "y", 1.0), Example("a", "z", 2.0)]
    assert [[*one.items()] for one in examples.add("news", rows).disagreements] == [
        [("row 1", "x"), ("row 3", "y"), ("row 4", "z")]
    ]


def test_stored_labels_that_are_alike_are_reported_after_merging_others(examples):
    examples.add("news", [Example("a", "Versand"), Example("b", "versand"), Example("c", "Versand")])
    report = examples.add("news", [Example("d", "VERSAND")], fold_case=True)
    assert (report.merged, report.alike) == ({"VERSAND": "Versand"}, [("Versand", "versand")])
    assert examples.count("news").labels == {"Versand": 3, "versand": 1}


def test_lists_of_labels_are_merged_label_by_label(examples):
    rows = [Example("a", ["joy", "love"]), Example("b", ["joy"]), Example("c", ["Joy", "LOVE"])]
    report = examples.add("news", rows, fold_case=True)
    merged = {'["Joy","LOVE"]': '["LOVE","joy"]', '["joy","love"]': '["LOVE","joy"]'}
    assert (report.merged, report.alike) == (merged, [])
    assert examples.count("news").labels == {"joy": 3, "LOVE": 2}


def test_changes_are_reported(examples):
    examples.add("news", [Example("one", "a", 1.0), Example("two", "a", 1.0), Example("three", "a", 1.0)])
    rows = [
        Example("one", "b", 2.0),
        Example("two", "a", 2.0, subject="ann"),
        Example("three", "c", 2.0, subject="bob"),
    ]
    report = examples.add("news", rows)
    assert (report.revised, report.relabelled) == (3, 2)
    assert examples.add("news", rows).revised == 0


@pytest.mark.parametrize("column", ["label", "subject", "source"])
def test_a_row_with_a_nul_in_a_name_is_a_bad_row(examples, tmp_path, column):
    rows = [{"text": f"text {at}", "label": "a", "subject": "x", "source": "y"} for at in range(3)]
    rows[1][column] = "a\0b"
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ExamplesInvalid, match=rf"1 bad row.*: line 2: the {column} has a NUL character") as refused:
        examples.import_file("news", path)
    assert "\0" not in str(refused.value)
    assert examples.import_file("news", path, FileOptions(skip_bad=True)).added == 2


@pytest.mark.parametrize("label", [["b", "a\0b"], '["b", "a\\u0000b"]'])
def test_a_list_of_labels_with_a_nul_is_refused(examples, label):
    with pytest.raises(ExamplesInvalid, match="row 1: the label has a NUL character"):
        examples.add("news", [Example("a text", label)])


def test_a_text_and_fields_may_have_a_nul(examples):
    given = ["a\0b", {"name\0": "c\0d"}]
    examples.add("news", [Example(one, "a") for one in given])
    assert [row.input for row in examples.export("news")] == given


def test_a_source_for_all_rows_has_no_nul(examples):
    with pytest.raises(ExamplesInvalid, match="the source has a NUL character"):
        examples.add("news", [Example("a text", "a")], source="a\0b")
