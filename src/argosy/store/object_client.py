"""Clients of object stores, by `obstore`: `s3://`, `gs://` and `az://`, whose options follow the URL's `?`.

Credentials come from where each provider's tools look for them, in the environment or on the provider's machines,
never from the URL.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from argosy.errors import DefinitionInvalid, ExtraMissing

try:
    from obstore.exceptions import BaseError
    from obstore.store import from_url
except ImportError as error:
    raise ExtraMissing("obstore", "s3", "an object store") from error

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES: Final = ("s3", "gs", "az")
OPTIONS: Final = {
    "endpoint": "aws_endpoint",
    "region": "aws_region",
    "virtual_hosted": "aws_virtual_hosted_style_request",
}
_RETRY: Final = {
    "max_retries": 5,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2},
}
_SHORT_RETRY: Final = {**_RETRY, "max_retries": 1, "retry_timeout": timedelta(seconds=5)}
_CLIENT: Final = {"connect_timeout": "10s", "read_timeout": "2m", "timeout": "1h"}
"""The second is between two signs of life of a server that may have vanished."""
_SHORT_CLIENT: Final = {**_CLIENT, "connect_timeout": "5s", "read_timeout": "20s"}
_CODE = re.compile(r"<Code>(\w+)</Code>")
_SAID = re.compile(r"<Message>([^<]{1,200})</Message>")
_PERFORMING = re.compile(r"Error performing (\w+) (\w+://[^/\s]+)\S* in .*? - (?=[A-Z])")
_TO_DO: Final = {
    **dict.fromkeys(
        ("AccessDenied", "AllAccessDisabled", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken"),
        "check the credentials in the environment, and what they permit",
    ),
    "SignatureDoesNotMatch": "check AWS_SECRET_ACCESS_KEY, and that the key's two parts belong together",
    "NoSuchBucket": "check the bucket's name, the region and the endpoint",
    "PermanentRedirect": "check the region",
}
"""By the service's code: what to look at first."""
_OF_THE_MACHINE = "169.254.169.254"
"""Where the machines of a provider find credentials of their own, when there are none in the environment."""


def parse_place(url: str, setting: str = "") -> tuple[str, dict[str, str]]:
    """The URL without its options, and these; raises DefinitionInvalid where it names no bucket."""
    place, _, query = url.partition("?")
    parts = urlsplit(place)
    if not parts.netloc or "@" in parts.netloc:
        hint = "write s3://BUCKET/PREFIX; credentials come from the environment (AWS_ACCESS_KEY_ID, …)"
        raise DefinitionInvalid(f"it names no bucket: {hint}", setting)
    return place, dict(parse_qsl(query))


def open_objects(
    place: str, options: dict[str, str], setting: str = "", more: tuple[str, ...] = (), *, is_patient: bool = True
) -> ObjectStore:
    """A client for the objects below that place; `more` are options that the caller has taken out already.

    A caller that asks again anyway need not be patient: a failure is then reported within seconds.

    Raises DefinitionInvalid.
    """
    unknown = sorted(options.keys() - OPTIONS.keys())
    if unknown:
        raise DefinitionInvalid(
            f"'{unknown[0]}' is no option of it; there are: {', '.join((*OPTIONS, *more))}", setting
        )
    config = {OPTIONS[name]: value for name, value in options.items()}
    allow_http = config.get("aws_endpoint", "").startswith("http://")
    try:
        return from_url(
            place,
            config={**config, **({"aws_checksum_algorithm": "sha256"} if place.startswith("s3:") else {})},
            client_options={**(_CLIENT if is_patient else _SHORT_CLIENT), "allow_http": allow_http},
            retry_config=_RETRY if is_patient else _SHORT_RETRY,
        )
    except (BaseError, ValueError) as error:
        raise DefinitionInvalid(f"{answer_of(error)}: write s3://BUCKET/PREFIX", setting) from None


def answer_of(error: Exception) -> str:
    """What the service answered, or why it was not reached, in one line."""
    text = str(error)
    code, said = _CODE.search(text), _SAID.search(text)
    if code:
        line = f"{code[1]}: {said[1].rstrip('.')}" if said else code[1]
        return f"{line}; {_TO_DO[code[1]]}" if code[1] in _TO_DO else line
    if _OF_THE_MACHINE in text:
        return "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what your provider says"
    line = " ".join(text.partition("\n\nDebug source:")[0].split())
    return _PERFORMING.sub(r"\1 \2: ", line).removeprefix("Generic S3 error: ")[:300]
