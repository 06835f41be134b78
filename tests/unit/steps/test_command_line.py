"""The command line and environment of a step's program."""

from pathlib import Path

from argosy.steps.command_line import RunFolder, command_line, contained, own_variables, variables
from argosy.steps.task import Task

FOLDER = RunFolder(Path("/run"))
SECRET = {"AWS_SECRET_ACCESS_KEY": "x", "ARGOSY_EXAMPLES_KEY": "x", "PGPASSWORD": "x", "LD_PRELOAD": "x"}


def test_placeholders_are_paths_and_each_input_an_argument():
    task = Task(("join", "{inputs}", "--to={output}", "a b; rm"), "made.csv")
    words = command_line(task, FOLDER, ["raw/a b.csv", "raw/$(c).csv"])
    assert words == [
        "join",
        "/run/inputs/raw/a b.csv",
        "/run/inputs/raw/$(c).csv",
        "--to=/run/output/made.csv",
        "a b; rm",
    ]


def test_only_variables_of_the_list_are_passed_and_those_of_the_step():
    own = own_variables("clean", Task(("x",), "made.csv", env={"N": "4", "HOME": "/elsewhere"}), FOLDER)
    found = variables({"PATH": "/bin", "HOME": "/root", "LANG": "C", **SECRET}, own, "/venv/bin", is_contained=False)
    assert found == {
        "PATH": "/venv/bin:/bin",
        "HOME": "/elsewhere",
        "LANG": "C",
        "ARGOSY_STEP": "clean",
        "ARGOSY_STEP_INPUTS": "/run/inputs",
        "ARGOSY_STEP_OUTPUT": "/run/output/made.csv",
        "TMPDIR": "/run/tmp",
        "N": "4",
    }


def test_a_container_is_given_the_variables_of_the_step_and_its_folder_alone():
    task = Task(("cat",), "made.csv", image="alpine:3", env={"N": "4"})
    own = own_variables("clean", task, FOLDER)
    engine = variables({"PATH": "/bin", "DOCKER_HOST": "unix:///d", **SECRET}, own, "/venv/bin", is_contained=True)
    assert engine == {"PATH": "/venv/bin:/bin", "DOCKER_HOST": "unix:///d"}
    words = contained("/usr/bin/docker", "argosy-1", task.image, ["cat"], FOLDER, own, 1 << 30, "7:8")
    assert words[:3] == ["/usr/bin/docker", "run", "--rm"]
    assert words[-2:] == ["alpine:3", "cat"]
    said = " ".join(words)
    assert "--volume /run:/run --workdir /run/work" in said
    assert "--env N=4" in said
    assert "--memory 1073741824" in said
    assert "--user 7:8" in said
    assert "PATH=" not in said
    assert "--user" not in contained("/usr/bin/podman", "argosy-1", task.image, ["cat"], FOLDER, own, None, "7:8")
