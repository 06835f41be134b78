"""A project made in this process, with sixty examples in it."""

import pytest

import argosy
from argosy.app.scaffold import create_project

WORDS = ("parcel late", "card charged", "password lost")


@pytest.fixture
def project(tmp_path):
    create_project(tmp_path / "shop")
    opened = argosy.open(tmp_path / "shop")
    opened.examples.add((f"{WORDS[number % 3]} {number}", f"queue{number % 3}") for number in range(60))
    yield opened
    opened.close()
