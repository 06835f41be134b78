"""Numbered folders of an object store: complete ones are imported once, and nothing else is taken."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from argosy.errors import ArtifactsUnavailable, DefinitionInvalid, ImportInvalid, UserMistake
from argosy.operations.numbered_folders import model_in
from argosy.operations.numbered_objects import ObjectBase


class Put:
    """Objects below `models/churn` of a bucket, and clocks of those who look at them."""

    def __init__(self, bucket, copies):
        self.bucket, self.copies, self.time = bucket, copies, 1000.0

    def __call__(self, key, content=b"model"):
        self.bucket.client.put_object(Bucket=self.bucket.name, Key=f"models/churn/{key}", Body=content)

    def remove(self, key):
        self.bucket.client.delete_object(Bucket=self.bucket.name, Key=f"models/churn/{key}")

    def url(self, prefix="models/churn"):
        return f"s3://{self.bucket.name}/{prefix}?{self.bucket.url.partition('?')[2]}"

    def base(self, prefix="models/churn"):
        return ObjectBase(self.url(prefix), self.copies, lambda: self.time)


@pytest.fixture
def put(bucket, tmp_path):
    return Put(bucket, tmp_path / "watched")


def looked(base):
    return {one.number: one.changed_at for one in base.look().folders}


def test_a_folder_changes_when_this_process_sees_it_change(put):
    base = put.base()
    put("1/model.onnx")
    put("10/saved/model.pb")
    put("10/saved/variables/data", b"abc")
    put("notes/readme.txt")
    put("loose.txt")
    put.bucket.client.put_object(Bucket=put.bucket.name, Key="models/churn2/5/other", Body=b"x")
    assert looked(base) == {1: 1000.0, 10: 1000.0}
    assert base.look().others == ["notes"]
    put.time = 1010.0
    put("10/saved/variables/index")
    assert looked(base) == {1: 1000.0, 10: 1010.0}
    put.time = 1020.0
    put("1/model.onnx", b"other")
    put.remove("10/saved/variables/data")
    assert looked(base) == {1: 1020.0, 10: 1020.0}
    put.time = 1030.0
    put.remove("1/model.onnx")
    assert looked(base) == {10: 1020.0}
    assert looked(put.base("models/churn/")) == {10: 1030.0}
    assert looked(put.base("models/nothing")) == {}


def test_the_code_of_a_class_is_a_model_as_a_folder(tmp_path):
    (tmp_path / "model.py").write_text("class Model: ...")
    assert model_in(tmp_path) == tmp_path
    (tmp_path / "model.py").rename(tmp_path / "model.onnx")
    assert model_in(tmp_path) == tmp_path / "model.onnx"


def test_what_is_brought_is_what_was_seen_and_is_gone_afterwards(put):
    base = put.base()
    put("1/model.onnx", b"one")
    put("2/saved/a", b"a")
    put("2/b", b"bb")
    one, two = base.look().folders
    with base.brought(one) as path:
        assert model_in(path).read_bytes() == b"one"
    with base.brought(two) as path:
        assert model_in(path) == path
        assert sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()) == ["b", "saved/a"]
    assert list(put.copies.iterdir()) == []
    put("1/model.onnx", b"two")
    with pytest.raises(ArtifactsUnavailable, match=r"1/model.onnx changed while it was read"), base.brought(one):
        pytest.fail("another object was taken")
    put.remove("1/model.onnx")
    with pytest.raises(ArtifactsUnavailable, match="changed while it was read"), base.brought(one):
        pytest.fail("nothing was taken")
    assert list(put.copies.iterdir()) == []


def test_a_key_that_leads_out_of_the_folder_is_refused(put):
    base = put.base()
    put("1/a", b"a")
    put("1/a/b", b"a file and a folder")
    [folder] = base.look().folders
    with pytest.raises(ImportInvalid, match="has no name that a file can have"), base.brought(folder):
        pytest.fail("it was taken")


def test_what_is_wrong_is_said_in_a_line(put, monkeypatch):
    with pytest.raises(UserMistake, match="s3://"):
        ObjectBase("ftp://somewhere/x", put.copies)
    with pytest.raises(DefinitionInvalid, match="it names no bucket"):
        ObjectBase("s3://", put.copies)
    with pytest.raises(DefinitionInvalid, match="'colour' is no option"):
        ObjectBase("s3://bucket/x?colour=red", put.copies)
    options = put.bucket.url.partition("?")[2]
    absent = ObjectBase(f"s3://absent-{put.bucket.name}/x?{options}", put.copies)
    with pytest.raises(ArtifactsUnavailable, match="NoSuchBucket") as problem:
        absent.look()
    assert "\n" not in str(problem.value)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = f"s3://bucket/x?endpoint=http://127.0.0.1:{closed.getsockname()[1]}&region=us-east-1"
        with pytest.raises(ArtifactsUnavailable, match=r"s3://bucket/x at http.* cannot be listed: ") as problem:
            ObjectBase(away, put.copies).look()
    assert "\n" not in str(problem.value)


REFUSED = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>{code}</Code><Message>{said}</Message><AWSAccessKeyId>AKIAWRONG</AWSAccessKeyId>
<StringToSign>AWS4-HMAC-SHA256 20261129</StringToSign><RequestId>4442587FB7D0A2F9</RequestId></Error>"""
NOTHING = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>models</Name><Prefix>churn/</Prefix>
<KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"""


class Refusing(BaseHTTPRequestHandler):
    """An S3 that answers what its server's `said` is."""

    def do_GET(self):
        status, body = self.server.said
        self.send_response(status)
        self.send_header("content-type", "application/xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def refusing():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("code", "said", "to_do"),
    [
        ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "the credentials"),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match.", "AWS_SECRET_ACCESS_KEY"),
        ("AccessDenied", "Access Denied", "the credentials in the environment, and what they permit"),
    ],
)
def test_wrong_credentials_are_one_line_without_them_until_they_are_mended(
    refusing, monkeypatch, tmp_path, code, said, to_do
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    endpoint = f"http://127.0.0.1:{refusing.server_port}"
    base = ObjectBase(f"s3://models/churn?endpoint={endpoint}&region=us-east-1", tmp_path / "watched")
    refusing.said = (403, REFUSED.format(code=code, said=said))
    with pytest.raises(ArtifactsUnavailable) as refused:
        base.look()
    line = str(refused.value)
    assert line.startswith(f"s3://models/churn at {endpoint} cannot be listed: {code}: {said.rstrip('.')}; check ")
    assert to_do in line
    assert not any(secret in line for secret in ("AKIAWRONG", "s3cret", "HMAC", "\n"))
    refusing.said = (200, NOTHING)
    assert base.look().folders == []


def test_a_bucket_that_is_not_there_is_named_and_looked_at_once_it_is(put):
    name = f"{put.bucket.name}-later"
    url = put.url().replace(put.bucket.name, name)
    base = ObjectBase(url, put.copies)
    with pytest.raises(ArtifactsUnavailable, match=rf"^s3://{name}/models/churn at http.* cannot be listed: NoSuchB"):
        base.look()
    put.bucket.client.create_bucket(Bucket=name)
    put.bucket.client.put_object(Bucket=name, Key="models/churn/3/model.onnx", Body=b"model")
    assert [one.number for one in base.look().folders] == [3]
