"""An S3 for tests: moto's server, in this process."""

import time

import pytest


@pytest.fixture(scope="session")
def s3_server():
    """The URL of an endpoint on which buckets may be made."""
    pytest.importorskip("obstore")
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch):
    """A new bucket's client, with `name` and `url`; its credentials are in the environment."""
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    return Bucket(boto3, s3_server)


class Bucket:
    """As read by another client."""

    def __init__(self, boto3, endpoint):
        self.name, self.endpoint = f"t{time.time_ns():x}", endpoint
        self.client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        self.client.create_bucket(Bucket=self.name)
        self.url = f"s3://{self.name}/of/tests?endpoint={endpoint}&region=us-east-1"

    def key(self, digest):
        return f"of/tests/{digest[:2]}/{digest}"

    def read(self, digest):
        return self.client.get_object(Bucket=self.name, Key=self.key(digest))["Body"].read()

    def write(self, digest, content):
        self.client.put_object(Bucket=self.name, Key=self.key(digest), Body=content)
