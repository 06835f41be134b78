"""init, and every command on examples, in the order a newcomer tries them."""

import gzip
import json


def test_a_new_project_shows_the_next_command(anywhere):
    made = anywhere.json("init", "shop")
    assert [path.rpartition("/")[2] for path in made["written"]] == [
        "argosy.yaml",
        "plan.yaml",
        "thorough.yaml",
        "README.md",
        ".gitignore",
    ]
    assert (anywhere.folder / "shop" / ".argosy" / "keys").stat().st_mode & 0o777 == 0o700
    assert "argosy train plan.yaml" in anywhere("init", "other", "--name", "other-shop")
    assert "is a project already" in anywhere.mistake("init", "shop")
    assert "no project name" in anywhere.mistake("init", "third", "--name", "Not A Name")
    assert not (anywhere.folder / "third").exists()


def test_the_scaffold_trains_as_it_stands(anywhere):
    anywhere("init", "shop")
    anywhere.write("tickets.csv", "text,label\n" + "".join(f"word{n} {n % 3},queue{n % 3}\n" for n in range(240)))
    anywhere("-C", "shop", "examples", "import", "tickets.csv")
    checked = anywhere.json("-C", "shop", "plan", "check", "shop/plan.yaml")
    assert checked["will_train"] == checked["permutations"] == 18


def test_examples_come_in_are_counted_and_shown(imported):
    again = imported.json("examples", "import", "tickets.csv")
    assert (again["collection"], again["added"], again["duplicates"]) == ("default", 0, 240)
    counted = imported.json("examples", "count")
    assert counted["examples"] == 240
    assert counted["labels"] == {"account": 80, "delivery": 80, "refund": 80}
    assert "default: 240 examples" in imported("examples", "count", "default")
    rows = [json.loads(line) for line in imported("examples", "export").splitlines()]
    assert len(rows) == 240
    [shown] = imported.json("examples", "show", rows[0]["example_id"])
    assert shown["input"] == rows[0]["text"]
    assert rows[0]["text"] in imported("examples", "show", rows[0]["example_id"])


def test_an_exported_csv_can_be_imported(imported):
    imported("examples", "export", "--format", "csv", "--output", "out.csv")
    assert imported.json("examples", "import", "out.csv")["duplicates"] == 240
    assert imported.json("examples", "import", "out.csv", "--into", "copy")["added"] == 240
    assert imported.json("examples", "count", "copy")["labels"] == imported.json("examples", "count")["labels"]


def test_columns_are_named_and_conflicts_counted(imported):
    lines = [{"body": "one and the same", "queue": queue, "at": "2026-01-01"} for queue in ("a", "b", "b")]
    with gzip.open(imported.folder / "own.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    named = ("own.jsonl.gz", "--into", "own", "--text", "body", "--label", "queue", "--seen-at", "at")
    report = imported.json("examples", "import", *named, "--on-conflict", "majority")
    assert (report["added"], report["conflicts"]) == (1, 1)
    assert imported.json("examples", "count", "own")["labels"] == {"b": 1}
    assert "conflicts" in imported("examples", "import", *named, "--on-conflict", "drop")


def test_erasing_asks_first_and_leaves_the_others(tmp_path, empty):
    empty.write("two.csv", "text,label,subject\none,a,ann\ntwo,b,bob\nthree,b,ann\n")
    empty("examples", "import", "two.csv")
    refused = empty.run("examples", "erase", "ann", stdin="n\n")
    assert refused.code != 0
    assert empty.json("examples", "count")["examples"] == 3
    erased = empty.json("examples", "erase", "ann", "--yes")
    assert (erased["examples"], erased["predictions"], erased["models"]) == (2, 0, [])
    again = empty.run("examples", "erase", "ann", "--yes")
    assert (again.code, again.out) == (1, "")
    assert "Nothing is stored about that subject" in again.err
    assert empty.json("examples", "count")["examples"] == 1
