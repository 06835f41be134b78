"""Rows from Python and from data frames, under the rules of files."""

import datetime

import numpy as np
import pytest

import argosy
from argosy.errors import ExamplesInvalid

NAN = float("nan")


@pytest.fixture
def project(tmp_path):
    with argosy.open(tmp_path / "notes", create=True) as opened:
        yield opened


def stored(project, rows, **options):
    """The content of an empty collection after adding the rows, and the report."""
    report = project.examples.add(rows, "rows", **options)
    return list(project.examples.export("rows")), report


@pytest.mark.parametrize(
    ("row", "label", "subject"),
    [
        (("a text", True), "true", None),
        (("a text", 3), "3", None),
        (("a text", np.int64(3)), "3", None),
        (("a text", np.float64(1.0)), "1", None),
        (("a text", ["b", "a"]), '["a","b"]', None),
        ({"text": "a text", "label": "TRUE", "subject": 2**60 + 1}, "true", str(2**60 + 1)),
        ({"text": "a text", "label": np.bool_(False), "subject": np.int64(17), "split": NAN}, "false", "17"),
        ({"text": "a text", "label": 3, "subject": NAN, "source": None, "seen_at": NAN}, "3", None),
        ({"input": "a text", "label": "x", "id": 7, "subject": None}, "x", None),
    ],
)
def test_labels_and_names_have_the_form_that_they_have_in_files(project, row, label, subject):
    ((found,), _) = stored(project, [row])
    assert (found.input, found.label, found.subject) == ("a text", label, subject)


@pytest.mark.parametrize("subject", [17.0, True, [1]])
def test_names_that_are_not_exact_are_refused(project, subject):
    with pytest.raises(ExamplesInvalid, match="row 1: the subject is"):
        stored(project, [{"text": "a text", "label": "a", "subject": subject}])


@pytest.mark.parametrize("label", [NAN, float("inf"), None])
def test_a_row_without_a_label_is_named_and_may_be_skipped(project, label):
    rows = [{"text": "one", "label": "a"}, {"text": "two", "label": label}, {"text": "three"}]
    with pytest.raises(
        ExamplesInvalid, match=r"2 bad rows.*skip_bad=True.*row 2: there is no label; row 3: there is no"
    ):
        stored(project, rows)
    found, report = stored(project, rows, skip_bad=True)
    assert ([row.input for row in found], report.skipped) == (["one"], 2)
    with pytest.raises(ExamplesInvalid, match="row 1: there is no label"):
        stored(project, [("one", label)])


def test_dictionaries_have_columns_as_files_do(project):
    rows = [
        {"message": "hello", "topic": 1, "who": "ann", "date": datetime.date(2026, 1, 2), "id": 7},
        {"message": "bye", "topic": 2, "who": None, "date": None},
    ]
    found, report = stored(project, rows, subject="who")
    assert [(row.input, row.label, row.subject) for row in found] == [("hello", "1", "ann"), ("bye", "2", None)]
    assert found[0].seen_at == 1767312000.0
    assert report.columns == {"text": "message", "label": "topic", "seen_at": "date", "subject": "who"}


def test_fields_and_paths_of_dictionaries(project):
    ((row,), _) = stored(project, [{"t": {"a": "x"}, "b": 2, "label": "y"}], fields=["t.a", "b"])
    assert row.input == {"t.a": "x", "b": 2}
    project.examples.add([{"text": {"a": "x"}, "label": "y"}], "two")
    assert next(project.examples.export("two")).input == {"a": "x"}


def test_a_data_frame(project):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "text": ["one", "two", "three"],
            "label": [1, 0, 1],
            "seen_at": pandas.to_datetime(["2026-01-02", None, "2026-01-04"]),
            "subject": ["ann", None, "bob"],
            "score": [0.5, 0.25, NAN],
            "odd": [object(), object(), object()],
        },
        index=[5, 5, 9],
    )
    found, report = stored(project, frame)
    assert [(row.input, row.label, row.subject) for row in found] == [
        ("one", "1", "ann"),
        ("two", "0", None),
        ("three", "1", "bob"),
    ]
    assert (found[0].seen_at, found[2].seen_at) == (1767312000.0, 1767484800.0)
    assert report.columns == {"text": "text", "label": "label", "seen_at": "seen_at", "subject": "subject"}
    assert report.added == 3


def test_missing_values_of_a_data_frame(project):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["one", "two"], "label": pandas.array([1, None], dtype="Int64")})
    with pytest.raises(ExamplesInvalid, match=r"the data frame: 1 bad row.*row 2: there is no label"):
        stored(project, frame)
    floats = pandas.DataFrame({"text": ["one", "two"], "label": [1.0, NAN], "date": ["2026-01-02", "no date"]})
    ((row,), report) = stored(project, floats, skip_bad=True, seen_at="none")
    assert (row.label, report.skipped) == ("1", 1)
    with pytest.raises(ExamplesInvalid, match=r"no column is called 'txt' \(did you mean 'text'"):
        stored(project, floats, text="txt")


def test_a_large_data_frame_with_categories_and_lists(project):
    pandas = pytest.importorskip("pandas")
    labels = pandas.Categorical(["a", "b"] * 6000)
    frame = pandas.DataFrame({"text": [f"text {n}" for n in range(12_000)], "label": labels})
    assert stored(project, frame)[1].added == 12_000
    lists = pandas.DataFrame({"text": ["x", "y"], "label": [["b", "a"], np.array(["a"])]})
    assert project.examples.add(lists, "lists").added == 2
    assert [row.label for row in project.examples.export("lists")] == ['["a","b"]', '["a"]']


@pytest.mark.parametrize("rows", ["text", {"text": ["a"], "label": ["b"]}, 3, b"x"])
def test_an_invalid_list_of_rows_is_refused(project, rows):
    with pytest.raises(ExamplesInvalid, match="expected a data frame or a list"):
        project.examples.add(rows)


def test_no_error_names_an_option_of_the_command(project, tmp_path):
    for content, options in (
        ("kind,label\na,b\n", {}),
        ("text,kind\na,b\n", {}),
        ('text,label\n"open,a\nx,y\n', {}),
        ("text,label\n,a\nx,y\n", {}),
        ("text,label\nx,y\n".encode("utf-16"), {}),
        (b"text,label\n\xe4,y\nx,y\n", {}),
        ("text,label\na,b\n", {"text": "txt"}),
        ("text,label\na,b\n", {"quoting": "no"}),
        ("text,label\na,b\n", {"encoding": "no"}),
    ):
        path = tmp_path / "a.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ExamplesInvalid) as raised:
            project.examples.import_file(path, **options)
        assert "--" not in str(raised.value)


def test_a_file_has_the_options_of_the_command(project, tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes('nachricht\tart\twann\n"Gr\u00fc\u00dfe\tA\theute\nx\ta\tmorgen\n'.encode("cp1252"))
    named = {"text": "nachricht", "label": "art", "seen_at": "none"}
    report = project.examples.import_file(path, "f", **named, encoding="cp1252", quoting="none", fold_case=True)
    assert (report.added, report.merged) == (2, {"a": "A"})
    assert [row.input for row in project.examples.export("f")] == ['"Gr\u00fc\u00dfe', "x"]
