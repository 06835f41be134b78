"""Missing or damaged keys, database, artifacts, ports, settings and plug-ins; and no project at all."""

import base64
import shutil
import socket

import pytest

import argosy
from stored.rows import add

OTHER_KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture
def copy(trained, tmp_path):
    """The trained project, to be damaged."""
    shutil.copytree(trained.folder, tmp_path / "copy")
    return type(trained)(tmp_path / "copy")


def test_commands_outside_of_a_project_say_so(anywhere):
    for command in (["plan", "check", "plan.yaml"], ["serve"], ["up"], ["train", "plan.yaml"], ["models", "list"]):
        assert "argosy init" in anywhere.mistake(*command)
    assert "argosy.yaml" in anywhere.mistake("-C", "absent", "models", "list")
    assert anywhere.run("doctor").code == 1


def test_a_mistyped_command_or_option_is_answered_with_a_hint(anywhere):
    assert "did you mean 'train'?" in anywhere.mistake("trian")
    for wrong in (["train"], ["models", "shwo"], ["plan", "check", "--jsno", "x"], ["worker", "--processes", "0"]):
        ran = anywhere.run(*wrong)
        assert ran.code == 2
        assert "Error: " in ran.err


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("name: [shop\n", ["argosy.yaml:2"]),
        ("databse: x\n", ["databse", "did you mean 'database'?"]),
        ("server: {port: high}\n", ["server.port"]),
        ("gate: {confidence: 2}\n", ["gate.confidence"]),
        ("database: oracle://host/db\n", ["oracle", "sqlite"]),
        ("artifacts: s4://bucket\n", ["s4", "file"]),
        ("plugins: [no_such_module]\n", ["plugins", "no_such_module"]),
    ],
)
def test_settings_that_cannot_be_are_refused(imported, settings, expected):
    kept = (imported.folder / "argosy.yaml").read_text()
    imported.write("argosy.yaml", settings)
    said = imported.mistake("train", "plan.yaml")
    imported.write("argosy.yaml", kept)
    for words in expected:
        assert words in said, said


def test_a_broken_plugin_module_is_refused_without_a_traceback(imported):
    kept = (imported.folder / "argosy.yaml").read_text()
    imported.write("broken_module.py", "import nothing_of_the_kind\n")
    imported.write("argosy.yaml", "plugins: [broken_module]\n")
    said = imported.mistake("plan", "check", "plan.yaml")
    assert imported.run("doctor").code == 1
    imported.write("argosy.yaml", kept)
    assert "broken_module" in said
    assert "nothing_of_the_kind" in said


def test_a_wrong_master_key_reads_and_writes_nothing(imported):
    before = imported.json("examples", "count")
    wrong = type(imported)(imported.folder, ARGOSY_KEY_EXAMPLES=OTHER_KEY, ARGOSY_KEY_PREDICTIONS=OTHER_KEY)
    for command in (["examples", "export"], ["examples", "import", "tickets.csv"]):
        assert "key" in wrong.mistake(*command)
    assert wrong.run("doctor").code == 1
    malformed = type(imported)(imported.folder, ARGOSY_KEY_EXAMPLES="short", ARGOSY_KEY_PREDICTIONS="short")
    assert "ARGOSY_KEY_EXAMPLES" in malformed.mistake("examples", "export")
    assert imported.json("examples", "count") == before


def test_a_missing_or_readable_master_key_is_refused(copy):
    key = copy.folder / ".argosy" / "keys" / "examples.key"
    key.chmod(0o644)
    assert "chmod 600" in copy.mistake("examples", "export")
    key.unlink()
    assert "backup" in copy.mistake("examples", "export")
    shutil.rmtree(key.parent)
    assert "backup" in copy.mistake("examples", "export")


def test_a_job_with_a_wrong_key_fails_once_with_a_reason(copy):
    wrong = type(copy)(copy.folder, ARGOSY_KEY_EXAMPLES=OTHER_KEY, ARGOSY_KEY_PREDICTIONS=OTHER_KEY)
    wrong.write("new.yaml", "dataset: {name: all}\nadapter: {name: hashing}\nmodel: {name: naive_bayes}\n")
    ran = wrong.run("train", "new.yaml", "--processes", 1)
    assert ran.code == 1
    assert "key" in ran.out
    [failed] = wrong.json("plan", "status", "new")["failed"]
    assert "key" in failed["error"]


def test_a_database_of_a_newer_argosy_is_left_alone(copy):
    with argosy.open(copy.folder) as project:
        add(project.database, "schema_steps", number=999, applied_at=0, works_with=999)
    said = copy.mistake("models", "list")
    assert "newer" in said
    assert "999" in said
    assert "newer" in copy.run("doctor").out


def test_a_file_that_is_not_a_database_is_reported(copy):
    for path in (copy.folder / ".argosy").glob("argosy.db-*"):
        path.unlink()
    (copy.folder / ".argosy" / "argosy.db").write_bytes(b"this is no database at all" * 1000)
    ran = copy.run("models", "list")
    assert ran.code in (1, 2)
    assert "argosy.db" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_corrupted_artifact_is_noticed_by_its_digest(copy):
    digest = copy.json("models", "show", "tickets@1")["artifact"]
    [path] = [path for path in (copy.folder / ".argosy" / "artifacts").rglob("*") if digest in path.name]
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    ran = copy.run("predict", "tickets@1", "my parcel")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert digest[:12] in ran.err
    assert copy.json("predict", "tickets@2", "my parcel")
    path.unlink()
    assert copy.run("doctor").code == 1


def test_a_port_in_use_is_reported_by_serve_and_up(trained):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in trained.mistake("serve", "--port", port)
        ran = trained.run("up", "--port", port, "--workers", 0)
    assert ran.code != 0
    assert f"another program listens on 127.0.0.1:{port}" in ran.err


def test_texts_that_no_model_takes(trained):
    assert "empty" in trained.mistake("predict", "tickets@1", "")
    assert "empty" in trained.mistake("predict", "tickets@1", "fine", "  ")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_locale_without_a_letter_ends_no_command(imported, copy_of, encoding):
    shell = copy_of(imported)
    shell.variables["PYTHONIOENCODING"] = encoding
    shell.write("zwölf.csv", "text,label\n" + "".join(f"wört {n},ла́дно{n % 2}\n" for n in range(12)))
    shell("examples", "import", "zwölf.csv", "--into", "lettres")
    counted = shell.run("examples", "count", "lettres")
    assert (counted.code, "0" in counted.out) == (0, True), counted.err
    assert shell.run("plan", "check", "plan.yaml").code == 0
