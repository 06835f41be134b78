"""What an object store's client says, in one line that a user can act on."""

import pytest

pytest.importorskip("obstore")

from argosy.store.object_client import answer_of  # it needs the package

AWAY = (
    "Generic S3 error: Error performing PUT http://127.0.0.1:9000/hand/x/f8/f896 in 836.907319ms, after 5 retries, "
    "max_retries: 5, retry_timeout: 60s  - HTTP error: error sending request\n\nDebug source:\nGeneric { store: 'S3' }"
)
NO_CREDENTIALS = (
    "Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token in 12.5ms - Server returned "
    "non-2xx status code: 403 Forbidden: denied"
)
REFUSED = (
    "The operation lacked the necessary privileges: Error performing PUT http://s3/hand/x in 8ms - Server returned "
    'non-2xx status code: 403 Forbidden: <?xml version="1.0"?><Error><Code>AccessDenied</Code>'
    "<Message>Access Denied</Message></Error>"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (AWAY, "PUT http://127.0.0.1:9000: HTTP error: error sending request"),
        (NO_CREDENTIALS, "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what your"),
        (REFUSED, "AccessDenied: Access Denied"),
        ("something else", "something else"),
    ],
)
def test_an_answer_is_one_short_line(text, said):
    found = answer_of(RuntimeError(text))
    assert found.startswith(said)
    assert "\n" not in found
    assert len(found) < 130
