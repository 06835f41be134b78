"""The stored log of a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.steps.log_text import BoundedLog, plain_text


def kept(*chunks, head=10, tail=20):
    log = BoundedLog(head, tail)
    for chunk in chunks:
        log.add(chunk)
    return log.text()


def test_what_fits_is_kept_as_it_is():
    assert kept(b"first\n", b"second\n", b"third\n") == "first\nsecond\nthird\n"


def test_of_what_does_not_fit_the_first_and_the_last_are_kept():
    text = kept(*(b"%06d\n" % number for number in range(1000)))
    assert text.startswith("000000\n000\n… 6,970 bytes are left out here …\n")
    assert text.endswith("000998\n000999\n")
    assert kept(b"".join(b"%06d\n" % number for number in range(1000))) == text


@given(st.lists(st.binary(max_size=100), max_size=30))
def test_it_is_bounded_however_it_comes(chunks):
    text = kept(*chunks)
    assert len(text) <= 6 * (10 + 20) + 60
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (b"\x1b[31mred\x1b[0m and \x1b[1;4mbold\x1b[m", "red and bold"),
        (b"\x1b]0;title\x07shown", "shown"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b" 10%\r 50%\r100%\nend\r\n", "100%\nend\n"),
        (b"up\x1b[2A\x1b[Kdown", "updown"),
        (b"bell\x07 and \xff bytes", "bell\\x07 and \ufffd bytes"),
        ("caf\u00e9 \u202e".encode(), "caf\u00e9 \\u202e"),
        (b"\x1bPsixel\x1b\\after", "after"),
        (b"tab\tstays", "tab\tstays"),
    ],
)
def test_no_terminal_obeys_it(printed, text):
    assert plain_text(printed) == text


@given(st.text(alphabet="\x1b[]0;1mKPX\\\x07\r\nab ", max_size=200))
def test_no_escape_survives(text):
    assert not {"\x1b", "\x07", "\r"} & set(plain_text(text.encode()))
