"""Every decision has a unique number, in the file's name and in the heading, and is in the index."""

import re
from pathlib import Path

PAGES = sorted((Path(__file__).parents[2] / "docs" / "adr").glob("0*.md"))


def test_numbers_are_distinct():
    numbers = [page.name[:4] for page in PAGES]
    assert len(set(numbers)) == len(numbers), numbers


def test_headings_carry_the_number_of_the_file():
    for page in PAGES:
        assert page.read_text("utf-8").startswith(f"# {int(page.name[:4])}. "), page.name


def test_the_index_has_every_decision_with_its_title_and_nothing_else():
    index = (PAGES[0].parent / "README.md").read_text("utf-8")
    titles = {page.name: page.read_text("utf-8").partition("\n")[0].partition(". ")[2] for page in PAGES}
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| .+\. \|$", index, re.MULTILINE)
    assert rows == [(str(int(name[:4])), title, name) for name, title in titles.items()]
