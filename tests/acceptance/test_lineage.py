"""lineage: of a version, by example and by file, as a tree, as JSON and as a picture."""

from xml.etree import ElementTree


def test_a_version_as_a_tree_as_json_and_as_a_picture(live):
    out = live("lineage", "tickets@champion", "--graph", "tickets.svg")
    label = live.json("models", "show", "tickets@1")["label"]
    assert out.splitlines()[0] == f"tickets@1 (champion): {label}"
    assert "tickets.csv by " in out
    assert "tickets@1: nothing yet" in out
    assert ElementTree.parse(live.folder / "tickets.svg").getroot().tag.endswith("svg")
    found = live.json("lineage", label)
    assert (found["reference"], found["versions"][0]["reference"]) == (label, "tickets@1")
    assert [one["name"] for one in found["rows"]["imports"]] == ["tickets.csv"]
    assert sum(found["rows"]["counts"].values()) == 240


def test_backwards_from_a_file_and_from_an_example(live):
    assert "tickets.csv: 240 revisions of examples, in 1 version\n" in live("lineage", "--of-file", "tickets.csv")
    live("examples", "export", "--output", "all.jsonl")
    example = next(iter(live.folder.joinpath("all.jsonl").open())).partition('"example_id":"')[2][:32]
    found = live.json("lineage", "--of-example", example)
    assert [one["version"]["number"] for one in found["versions"]] == [1]


def test_errors_are_one_line(live):
    assert "give one of MODEL@VERSION" in live.mistake("lineage")
    assert "give one of MODEL@VERSION" in live.mistake("lineage", "tickets", "--of-file", "tickets.csv")
    assert "name one" in live.mistake("lineage", "--of-file", "tickets.csv", "--graph", "x.svg")
    assert "must end in .svg" in live.mistake("lineage", "tickets", "--graph", "x.png")
    assert "did you mean 'tickets'?" in live.mistake("lineage", "ticket")
    assert "no example id" in live.mistake("lineage", "--of-example", "zz")
    assert "nothing was imported from 'no.csv'" in live.mistake("lineage", "--of-file", "no.csv")
