"""The packages that commands import, on which their start-up times depend."""

import subprocess
import sys

import pytest

from argosy.app.scaffold import create_project
from argosy.testing.waiting import PATIENCE

HEAVY = ("sklearn", "scipy", "pandas", "gensim", "starlette", "httptools")


def imported(folder, *arguments):
    """The packages imported by a command, and its exit code first."""
    program = f"""
import sys
from argosy.cli.main import run
code = run({list(arguments)!r})
print(code, *sorted({{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    code, *packages = done.stderr.splitlines()[-1].split()
    return int(code), set(packages)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    create_project(folder)
    (folder / "t.csv").write_text("text,label\n" + "\n".join(f"text {n},{n % 2}" for n in range(40)))
    assert imported(folder, "examples", "import", "t.csv")[0] == 0
    return folder


@pytest.mark.parametrize("command", ["--help", "--version", "init other", "plan status shop", "models list"])
def test_commands_that_do_not_reckon_import_nothing_that_does(folder, command):
    code, packages = imported(folder, *command.split())
    assert code in (0, 2)
    assert packages & {*HEAVY, "numpy", "cryptography", "rich"} == set()


def test_help_imports_nothing_but_the_table_of_commands(folder):
    assert imported(folder, "--help")[1] & {"msgspec", "yaml", "sqlite3"} == set()


def test_a_plan_is_checked_without_the_packages_that_train(folder):
    code, packages = imported(folder, "plan", "check", "plan.yaml")
    assert code == 0
    assert packages & {*HEAVY, "rich"} == set()  # a few inputs are decrypted, to see whether they are texts or fields


def test_examples_are_counted_without_numpy(folder):
    code, packages = imported(folder, "examples", "count")
    assert code == 0
    assert packages & {*HEAVY, "numpy", "rich"} == set()
