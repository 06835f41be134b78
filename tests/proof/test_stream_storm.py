"""Every event of a stream is counted once, however often runners are killed; a short form is in the other tests."""

from proof_streams import stream_storm

KILLS = 50


def test_on_a_folder_and_a_database(tell, seed, tmp_path):
    tell(stream_storm("file:events", "", tmp_path, KILLS, seed))


def test_on_kafka_and_redis(tell, seed, tmp_path, kafka_url, redis_url):
    tell(stream_storm(kafka_url, redis_url, tmp_path, KILLS, seed))
