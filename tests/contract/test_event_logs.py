"""Every event log against its contract."""

import pytest

from argosy.streaming.logs.folder import FolderLog
from argosy.testing.event_logs import CHECKS

every_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@every_check
def test_folder(check, tmp_path):
    check(lambda: FolderLog(f"file:{tmp_path}/events"))


@every_check
def test_kafka(check, kafka_url):
    from argosy.streaming.logs.kafka import KafkaLog

    check(lambda: KafkaLog(kafka_url))
