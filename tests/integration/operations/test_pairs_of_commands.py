"""Any two administrative commands at once: whatever step the second one runs at, the project is consistent after."""

import shutil
from collections import Counter

import pytest
from stepping import alone, interleaved, steps_of

import argosy
from argosy.models.runtimes.sandbox import bubblewrap
from argosy.predictions.ids import RANDOM_BYTES, PredictionIds
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from stored.rows import column, count
from stored.sqlite_files import assert_sound

PLAN = "name: notes\ndataset: {name: all}\nadapter: {name: tfidf}\nmodel: [naive_bayes, nearest_centroid]\n"
OTHER = "name: other\ndataset: {name: all}\nadapter: {name: hashing}\nmodel: {name: naive_bayes}\n"
WORDS = ("red", "green", "blue")


def collect(folder):
    """The clean-up of an idle worker, without a minimum age."""
    from argosy import clock
    from argosy.store.collector import collect as remove

    with argosy.open(folder) as project:
        remove(project.database, project.artifacts, clock.now() + 10.0, age=0.0)
    return 0


def drain(folder):
    from argosy.predictions.drain import drain_once

    with argosy.open(folder) as project:
        drain_once(project.spool, project.database)
    return 0


COMMANDS = {
    "backup": ["backup", "../plain.tar"],
    "backup with keys": ["backup", "../keys.tar", "--with-keys"],
    "rotate examples": ["keys", "rotate", "examples"],
    "rotate predictions": ["keys", "rotate", "predictions"],
    "import": ["examples", "import", "more.csv"],
    "import elsewhere": ["examples", "import", "more.csv", "--into", "fresh"],
    "erase": ["examples", "erase", "ann", "--yes"],
    "token": ["tokens", "create", "--name", "shop", "--scope", "predict"],
    "doctor": ["doctor", "--quick"],
    "promote": ["models", "promote", "notes@1"],
    "submit": ["plan", "submit", "other.yaml"],
    "cancel": ["plan", "cancel", "notes"],
    "restore": ["restore", "../base.tar", "--into", "../again"],
    "collect": collect,
    "drain": drain,
}
REFUSED_AT_ONCE = {
    ("restore", "restore"): "is not an empty folder",
    ("backup", "backup"): "exists",
    ("backup with keys", "backup with keys"): "exists",
    ("token", "token"): "there is a token",
    ("erase", "erase"): "Nothing is stored about that subject",
}
"""Two of these want the same thing, which one of them gets."""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A project with two versions, a subject to erase, answers in the spool, an orphaned artifact, and its backup."""
    root = tmp_path_factory.mktemp("base") / "notes"
    bubblewrap()  # found out once a process, which every doctor is a copy of
    with argosy.open(root, create=True) as project:
        notes = [(n, word) for n in range(30) for word in WORDS]
        about = {n: "ann" if n % 9 == 0 else None for n, _ in notes}
        project.examples.add({"text": f"{w} note {n} of {w}", "label": w, "subject": about[n]} for n, w in notes)
        (root / "plan.yaml").write_text(PLAN)
        (root / "other.yaml").write_text(OTHER)
        more = [f"more {w} {n} of {w},{w}" for n in range(5) for w in WORDS]
        (root / "more.csv").write_text("\n".join(["text,label", *more]) + "\n")
        project.plans.train(root / "plan.yaml")
        project.models.promote("notes@1")
        project.models.promote("notes@2")
        scope = project.vault.scope("predictions")
        writer = SpoolWriter(project.spool, scope)
        [prediction_id] = PredictionIds(scope).issue(1, 1.7e9, bytes(range(RANDOM_BYTES)))
        data = writer.framed([Prediction(prediction_id, "notes", 1, 1.7e9, "red", 0.9, "a red note")])
        writer.write([data])
        writer.close()
        (root / "orphan").write_bytes(b"of no result")
        project.artifacts.put(root / "orphan")
    assert alone(["backup", "../base.tar"], root)[0] == 0
    return root


@pytest.fixture(scope="module")
def steps(base, tmp_path_factory):
    """The number of steps of each command that runs alone."""
    return {
        name: steps_of(arguments, copied(base, tmp_path_factory.mktemp("alone")))
        for name, arguments in COMMANDS.items()
    }


def copied(base, into):
    shutil.copy(base.parent / "base.tar", into)
    return shutil.copytree(base, into / "notes")


def check(folder, names):
    """The project is consistent; each of the commands has had its effect."""
    code, said = alone(["doctor"], folder)
    assert code == 0, said
    keys = folder / ".argosy" / "keys"
    assert sorted(path.name for path in keys.iterdir()) == ["examples.key", "predictions.key"]
    with argosy.open(folder) as project:
        assert_sound(project.database)
        assert count(project.database, "predictions") == 1, "doctor has drained the spool"
        named = sum(subject is not None for subject in column(project.database, "examples", "subject_hash"))
        rows = Counter(column(project.database, "examples", "collection"))
    assert named == (0 if "erase" in names else 12)
    assert rows["default"] == 78 + named + 15 * ("import" in names)
    assert rows["fresh"] == 15 * ("import elsewhere" in names)
    for file, is_open in (("plain.tar", False), ("keys.tar", True)):
        if (folder.parent / file).exists():
            again = folder.parent / f"from-{file}"
            code, said = alone(["restore", f"../{file}", "--into", f"../{again.name}"], folder)
            assert code == 0, said
            if is_open:
                code, said = alone(["doctor"], again)
                assert code == 0, said
    assert not list(folder.parent.glob(".argosy-*"))
    if "restore" in names:
        assert (folder.parent / "again" / "argosy.yaml").is_file()


def tried(base, into, one, other, step):
    folder = copied(base, into)
    first, second = interleaved(COMMANDS[one], COMMANDS[other], folder, step)
    allowed = REFUSED_AT_ONCE.get((one, other))
    for command in (first, second):
        assert command.code == 0 or (allowed and allowed in command.said), (one, other, step, command.said)
    assert 0 in (first.code, second.code)
    check(folder, {one, other})


@pytest.mark.parametrize("one", COMMANDS)
def test_any_other_command_at_a_step_of_this_one(base, steps, one, tmp_path):
    """Each pair at one step, a different one for each."""
    for number, other in enumerate(COMMANDS):
        step = 1 + (number * 7 + len(one)) % steps[one]
        into = tmp_path / str(number)
        into.mkdir()
        tried(base, into, one, other, step)


@pytest.mark.parametrize("one", ["backup with keys", "rotate examples"])
def test_keys_are_copied_and_replaced_at_every_step_of_each_other(base, steps, one, tmp_path):
    [other] = {"backup with keys", "rotate examples"} - {one}
    for step in range(1, steps[one] + 1):
        into = tmp_path / str(step)
        into.mkdir()
        tried(base, into, one, other, step)


def test_two_first_commands_of_a_fresh_clone_make_one_pair_of_keys(tmp_path):
    """At every step of the first until its keys exist."""
    rows = "\n".join(["text,label", *(f"a {word} note,{word}" for word in WORDS)]) + "\n"

    def clone(name):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "argosy.yaml").write_text("name: notes\n")
        (folder / "rows.csv").write_text(rows)
        return folder

    commands = (["examples", "import", "rows.csv"], COMMANDS["token"])
    for step in range(1, steps_of(commands[0], clone("alone")) + 1):
        folder = clone(str(step))
        first, second = interleaved(*commands, folder, step)
        assert (first.code, second.code) == (0, 0), (step, first.said, second.said)
        code, said = alone(["doctor"], folder)
        assert code == 0, said
        assert sorted(path.name for path in (folder / ".argosy").glob("*key*")) == ["keys"]
