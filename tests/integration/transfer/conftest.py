"""Two independent projects, and pairs that are stored in the first without a worker."""

import shutil
import sys
from pathlib import Path

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.definitions import Definition, Spec, label
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators
from argosy.store.lineage import training_environment
from argosy.store.trained import Trained

sys.path.insert(0, str(Path(__file__).parent))

FIGURE = {"value": 0.75, "low": 0.5, "high": 1.0}
DATASET = "d" * 64


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory):
    """The folder of an empty project, to copy."""
    folder = tmp_path_factory.mktemp("empty") / "project"
    create_project(folder, "elsewhere")
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A project that versions are exported from."""
    folder = tmp_path_factory.mktemp("source") / "shop"
    create_project(folder, "shop")
    with argosy.open(folder) as opened:
        yield opened


@pytest.fixture
def target(empty_project, tmp_path):
    """Another, empty one."""
    with argosy.open(shutil.copytree(empty_project, tmp_path / "target")) as opened:
        yield opened


@pytest.fixture(scope="module")
def keep(source, tmp_path_factory):
    """Store a fitted pair in the source as a version of a model; its reference."""
    folder = tmp_path_factory.mktemp("artifacts")

    def stored(pair, model, **more):
        put = source.store.put_artifact(pair.save(folder / "artifact"))
        halves = [
            Spec(names.name_of(type(half)), half.options)
            for names, half in ((adapters, pair.adapter), (estimators, pair.estimator))
        ]
        definition = Definition(Spec("all", {"collection": "default"}), *halves)
        trained = Trained(
            label=label(definition, DATASET, {"model": model}),
            definition=definition.to_dict(),
            dataset_digest=DATASET,
            artifact=put.digest,
            size_bytes=put.size_bytes,
            metrics={"test": {"accuracy": FIGURE}, "validation": {"accuracy": FIGURE}},
            confusion={"labels": pair.classes, "matrix": []},
            fit_seconds=0.5,
            predict_us=20.0,
            form={"name": "sparse_linear", "difference": 0.0},
            environment=training_environment(source.root, {}),
            rows_right=b"\x00\x01\xff",
            log="one line",
            **more,
        )
        with source.database.write() as transaction:
            source.store.record(transaction, trained, put)
            number = source.store.add_version(transaction, model, trained.label)
        return f"{model}@{number}"

    return stored
