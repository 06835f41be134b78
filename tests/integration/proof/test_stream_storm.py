"""kill -9 of two runners of a stream at random moments; the long form is in tests/proof."""

from proof_streams import stream_storm


def test_every_event_is_counted_once_when_runners_are_killed(tmp_path):
    found = stream_storm("file:events", "", tmp_path, kills=5, seed=7)
    assert found["kills"] == 5
    assert found["events"] > 100
