"""Members of a subscriber that are killed while they hold messages: each message is still handled."""

from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.message import Message

MESSAGES = 400


def handled(bench):
    return [int(line) for path in bench.folder.glob("*.handled") for line in path.read_text().split()]


def test_consumers_killed_at_any_moment_lose_nothing(bench):
    broker = SqlBroker(bench.database)
    for name in ("desk", "audit"):
        broker.subscribe("events", name)
    broker.publish("events", *(Message(str(number).encode()) for number in range(MESSAGES)))
    bench.start("consume", "desk-0", "desk-1")
    for number in range(2, 6):
        before = len(handled(bench))
        bench.until(lambda before=before: len(handled(bench)) > before + 20)
        bench.kill(f"desk-{number - 2}")
        bench.start("consume", f"desk-{number}", together=False)
    bench.until(lambda: set(handled(bench)) == set(range(MESSAGES)))
    bench.until(lambda: bench.count("messages", name="desk") == 0)
    assert bench.count("messages", name="desk.dead") == 0
    assert bench.count("messages", name="audit") == MESSAGES
    assert len(handled(bench)) < 2 * MESSAGES
