"""`steps` of argosy.yaml."""

import pytest

from argosy.definitions.project import parse_settings
from argosy.definitions.steps import StepLimits, parse_steps
from argosy.errors import DefinitionInvalid

COMMAND = ["python", "clean.py", "{inputs}", "{output}"]


def parsed(**steps):
    return parse_steps(parse_settings({"steps": steps}, {}).steps)


def step(**values):
    return {"command": COMMAND, "inputs": "raw/*.csv", **values}


def test_a_step_has_defaults_and_its_name_as_its_output():
    (found,) = parsed(clean=step()).values()
    assert (found.name, found.command, found.globs, found.after) == ("clean", tuple(COMMAND), ("raw/*.csv",), "")
    assert (found.output, found.retries, found.limits) == ("clean", 2, StepLimits())


def test_a_program_alone_may_be_a_text():
    assert parsed(one=step(command="./run.sh"))["one"].command == ("./run.sh",)


def test_each_follows_the_one_that_it_takes_its_input_from():
    found = parsed(last=step(inputs={"step": "middle"}), middle=step(inputs={"step": "first"}), first=step())
    assert list(found) == ["first", "middle", "last"]
    assert found["last"].after == "middle"


def test_limits_are_as_those_of_a_plan_and_one_for_the_output():
    limits = parsed(clean=step(limits={"memory": "2G", "seconds": 600, "output": "5M"}))["clean"].limits
    assert limits == StepLimits(600.0, 2 << 30, 5 << 20)
    assert limits.exceeded(600.0, 2 << 30, 5 << 20) == ""
    assert "600 s" in limits.exceeded(601.0, 0, 0)
    assert "2G" in limits.exceeded(0.0, 3 << 30, 0)
    assert "5M" in limits.exceeded(0.0, 0, 6 << 20)


@pytest.mark.parametrize(
    ("values", "path", "said"),
    [
        (step(command="python clean.py"), "steps.a.command", "write a list"),
        (step(command=""), "steps.a.command", "write a list"),
        (step(command=[]), "steps.a.command", "write a list"),
        (step(command=["python", 3]), "steps.a.command", "a list of texts"),
        (step(command=["cat", "--from={inputs}"]), "steps.a.command", "an argument of its own"),
        (step(command=["{output}"]), "steps.a.command", "its first word is a program"),
        (step(inputs="../raw/*.csv"), "steps.a.inputs", "in the project's folder"),
        (step(inputs="/etc/passwd"), "steps.a.inputs", "in the project's folder"),
        (step(inputs="raw//x"), "steps.a.inputs", "in the project's folder"),
        (step(inputs=".argosy/keys/*"), "steps.a.inputs", "holds no input"),
        (step(inputs=["raw/*", ".argosy/**"]), "steps.a.inputs", "holds no input"),
        (step(inputs=[]), "steps.a.inputs", "a list of such"),
        (step(inputs={"step": "b"}), "steps.a.inputs.step", "there is no step 'b'"),
        (step(inputs={"steps": "a"}), "steps.a.inputs.steps", "did you mean 'step'"),
        (step(inputs={"step": "a"}), "steps", "wait for each other: a → a"),
        (step(output="made/clean.csv"), "steps.a.output", "without a folder"),
        (step(output=".."), "steps.a.output", "without a folder"),
        (step(code="../lib.py"), "steps.a.code", "in the project's folder"),
        (step(image="--privileged"), "steps.a.image", "no name of a container image"),
        (step(env={"ARGOSY_DATABASE": "x"}), "steps.a.env", "'ARGOSY_DATABASE'"),
        (step(env={"A B": "x"}), "steps.a.env", "'A B'"),
        (step(env={"N": 4}), "steps.a.env.N", "quote it"),
        (step(limits={"output": 0}), "steps.a.limits.output", "a size such as 2G"),
        (step(limits={"hours": 1}), "steps.a.limits.hours", "limits has no such key"),
        (step(keep=0), "steps.a.keep", "how many outputs"),
        (step(keep=True), "steps.a.keep", "how many outputs"),
        (step(keep=[1]), "steps.a.keep", "for how long, such as 90d"),
        (step(keep="soon"), "steps.a.keep", "90d"),
        (step(retries=3), "steps.a.retries", "of at most 2"),
        (step(**{"import": {}}), "steps.a.output", "says its format, such as a.csv"),
        (step(output="a.csv", **{"import": {"into": "news"}}), "steps.a.import.into", "no such setting"),
        ({"command": COMMAND}, "steps.a.inputs", "is missing"),
    ],
)
def test_anything_else_is_refused_with_its_place(values, path, said):
    with pytest.raises(DefinitionInvalid) as error:
        parsed(a=values)
    assert error.value.path == path
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_steps_that_wait_for_each_other_are_named():
    with pytest.raises(DefinitionInvalid, match=r"wait for each other: (a → b → a|b → a → b)"):
        parsed(a=step(inputs={"step": "b"}), b=step(inputs={"step": "a"}))


def test_two_outputs_of_one_name_are_refused():
    with pytest.raises(DefinitionInvalid, match=r"steps\.b\.output: 'x' is the output of the step 'a' too"):
        parsed(a=step(output="x"), b=step(output="x"))


def test_a_name_is_one_that_a_label_may_have():
    with pytest.raises(DefinitionInvalid, match="a step's name has small letters"):
        parsed(**{"Clean up": step()})
