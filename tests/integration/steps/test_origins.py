"""From a step's output back to the files of the project, and from a file to everything made from it."""

from argosy.steps.origins import made_of, step_origins


def test_back_to_the_files_and_on_to_the_outputs(make_place):
    place = make_place(
        clean={"command": ["cat", "clean.py"], "inputs": "raw/*.csv"},
        count={"command": "wc", "inputs": {"step": "clean"}},
        other={"command": "wc", "inputs": "raw/b.csv"},
    )
    for name, text in (("clean.py", "1"), ("raw/a.csv", "a"), ("raw/b.csv", "b")):
        place.write(name, text)
    found = place.look()
    made = {name: place.finish(found[name].label, name) for name in ("clean", "other")}
    made["count"] = place.finish(place.look()["count"].label, "counted")

    with place.database.read() as transaction:
        count, clean = step_origins(transaction, [made["count"], "0" * 64])
        inputs = {file.name: file.digest for file in clean.inputs}
        assert (count.run, count.after, count.output_digest) == ("count@1", "clean@1", made["count"])
        assert [file.digest for file in count.inputs] == [made["clean"]] == [clean.output_digest]
        assert (clean.run, clean.after, list(inputs)) == ("clean@1", None, ["raw/a.csv", "raw/b.csv"])
        assert [file.name for file in clean.code] == ["clean.py"]
        assert made_of(transaction, inputs["raw/a.csv"]) == {made["clean"], made["count"]}
        assert made_of(transaction, inputs["raw/b.csv"]) == set(made.values())
        assert made_of(transaction, made["count"]) == set()
        assert step_origins(transaction, []) == []
