from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.predictions import frames

PAYLOADS = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


def read(data):
    return [bytes(payload) for payload, *_ in frames.complete(data)]


@settings(deadline=None, max_examples=80)
@given(PAYLOADS, st.data())
def test_cut_anywhere_what_is_complete_is_read_and_the_rest_is_torn(payloads, data):
    framed = b"".join(map(frames.frame, payloads))
    cut = data.draw(st.integers(0, len(framed)))
    found = list(frames.complete(framed[:cut]))
    end = found[-1][1] if found else 0
    assert [bytes(payload) for payload, *_ in found] == payloads[: len(found)]
    assert len(found) == len(payloads) or len(frames.frame(payloads[len(found)])) > cut - end
    assert frames.is_torn(framed[end:cut])


def test_damage_inside_is_reported_from_a_torn_tail():
    framed = bytearray(frames.frame(b"one") + frames.frame(b"two"))
    first = framed[:11]
    framed[9] ^= 1
    assert [bytes(damaged) for *_, damaged in frames.complete(bytes(framed))] == [framed[:11]]
    assert read(bytes(framed)) == [b"two"]
    assert not frames.is_torn(bytes(framed))
    assert read(bytes(first + framed)) == [b"one", b"two"]
    assert read(bytes(first + framed[:11])) == [b"one"]
    assert not frames.is_torn(b"\xff" * 20)


def test_an_erased_frame_is_still_a_frame_of_the_same_size():
    blank = frames.blank(5)
    assert len(blank) == len(frames.frame(b"12345"))
    assert frames.is_blank(read(blank)[0])
    assert not frames.is_blank(b"\0\0\1")
