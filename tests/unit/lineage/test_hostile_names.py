"""A lineage with hostile names: false lines, markup, characters that XML forbids."""

from xml.etree import ElementTree

import pytest

from argosy.lineage.lineage import ImportedRows, LearnedRows, Lineage, LineageVersion, TrainingRun
from argosy.lineage.tree import tree_lines
from argosy.types import Part
from argosy.web.lineage_graph import lineage_svg

NAMES = [
    "a\n└─ aliases\n      promoted by ana.csv",
    "\x1b[31m\x00.csv",
    '</title><script>alert(1)</script>".csv',
    "\ud800\ufffe\uffff.csv",
    "a\u2028b\u202e.csv",
]


def lineage_of(name):
    imported = ImportedRows(name, 1.0, {Part.TRAIN: 3}, {}, "file", "0" * 64, name, 3)
    cut = {"name": "all", "options": {"collection": name}}
    rows = LearnedRows("1" * 64, name, cut, 1.0, {Part.TRAIN: 3}, 0, [imported])
    spec = {"name": "tfidf", "options": {"word": name}}
    return Lineage(
        reference="news@1",
        label="tfidf-svm-1",
        versions=[LineageVersion("news@1", 1.0, (name,), name)],
        definition={"adapter": spec, "model": spec},
        rows=rows,
        plugins={name: "2" * 64},
        argosy="0.1.0",
        environment={"packages": {"argosy": "0.1.0"}},
        training=TrainingRun(1.0, 1.0, name, 1.0, name, name),
        artifact="3" * 64,
        ancestors=[],
        moves=[],
        answered=[],
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_name_makes_no_line_of_the_tree(name):
    lines = tree_lines(lineage_of(name))
    assert len(lines) == len(tree_lines(lineage_of("tickets.csv")))
    assert [line[:1] for line in lines[1:]] == [line[:1] for line in tree_lines(lineage_of("tickets.csv"))[1:]]
    assert not any(control in "".join(lines) for control in "\n\x00\x1b\u2028\u202e")


@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_names_are_the_picture_is_xml_and_no_other(name):
    drawn = ElementTree.fromstring(lineage_svg(lineage_of(name)).encode())
    tags = {one.tag.rpartition("}")[2] for one in drawn.iter()}
    assert tags <= {"svg", "title", "style", "defs", "marker", "path", "g", "rect", "text"}
