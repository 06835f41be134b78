"""Words for missing values: they are labels, which are reported, unless `missing` names them."""

import pytest

from argosy.datasets.example import Example
from argosy.datasets.file_options import FileOptions
from argosy.datasets.files import read_file
from argosy.errors import ExamplesInvalid
from argosy.label_sets import looks_missing

TABLE = "text,label\na,nan\nb,NULL\nc,sport\nd,nan\ne,Null island\n"


def labels(path, *missing, skip_bad=False):
    return [row.label for row in read_file(path, FileOptions(missing=frozenset(missing), skip_bad=skip_bad))]


@pytest.mark.parametrize("word", ["nan", "NaN", "NULL", "None", "N/A", "#N/A", "<NA>", "inf", "-Infinity"])
def test_what_looks_missing(word):
    assert looks_missing(word)


@pytest.mark.parametrize("word", ["", "n", "nano", "nothing", "unknown", "no", "na-a", "0"])
def test_what_does_not(word):
    assert not looks_missing(word)


def test_such_words_are_labels_unless_missing_names_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    assert labels(path) == ["nan", "NULL", "sport", "nan", "Null island"]
    with pytest.raises(
        ExamplesInvalid, match=r"2 bad rows.*line 2: there is no label but 'nan', which stands for none"
    ):
        labels(path, "nan")
    assert labels(path, "nan", "NULL", skip_bad=True) == ["sport", "Null island"]


def test_in_a_list_too(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "label": ["joy", "nan"]}\n{"text": "b", "label": ["joy"]}\n')
    assert labels(path) == ['["joy","nan"]', '["joy"]']
    assert labels(path, "nan", skip_bad=True) == ['["joy"]']


def test_an_import_counts_its_rows_with_such_labels(examples):
    examples.add("news", [Example("stored", "null")])
    rows = [Example("a", "nan"), Example("b", "nan"), Example("c", '["None","joy"]'), Example("d", "joy")]
    assert examples.add("news", rows).missing_words == {"nan": 2, "None": 1}
    assert examples.add("news", [Example("e", "joy")]).missing_words == {}
