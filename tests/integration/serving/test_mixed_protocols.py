"""Many callers at once over HTTP and gRPC, with good requests and bad ones: every answer is its caller's own."""

import random

from mixed_callers import Caller, ask_all

CALLERS = 12


def test_no_caller_receives_anothers_answer(over_grpc):
    callers = [Caller(number) for number in range(CALLERS)]
    ask_all(over_grpc, callers)
    answered = {key: text for one in callers for key, text in one.answered.items()}
    assert len(answered) == sum(len(one.answered) for one in callers), "two predictions had the same id"
    assert all(one.refused for one in callers)
    for prediction_id, text in random.Random(1).sample(sorted(answered.items()), 200):
        assert over_grpc.project.predictions.get(prediction_id).input == text
