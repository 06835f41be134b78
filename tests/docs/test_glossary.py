"""The glossary is sorted and has every word once."""

import re
from pathlib import Path

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_the_glossary_is_sorted_and_has_no_word_twice():
    words = re.findall(r"^\*\*([^*]+)\*\*", GLOSSARY.read_text(), re.MULTILINE)
    assert len(words) > 100
    assert words == sorted(set(words), key=str.lower)
