"""Every decision has a number of its own, in the file's name and in the heading."""

from pathlib import Path

PAGES = sorted((Path(__file__).parents[2] / "docs" / "adr").glob("0*.md"))


def test_numbers_are_distinct():
    numbers = [page.name[:4] for page in PAGES]
    assert len(set(numbers)) == len(numbers), numbers


def test_headings_carry_the_number_of_the_file():
    for page in PAGES:
        assert page.read_text("utf-8").startswith(f"# {int(page.name[:4])}. "), page.name
