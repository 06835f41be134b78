"""Ray's address in a URL."""

import pytest

from argosy.errors import UserMistake
from argosy.ray_cluster import RayAddress, ray_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ray://local", RayAddress("local")),
        ("ray://auto", RayAddress("auto")),
        ("ray://head.internal", RayAddress("head.internal", 10001)),
        ("ray://10.0.0.7:20001", RayAddress("10.0.0.7", 20001)),
        ("ray://[::1]:20001", RayAddress("::1", 20001)),
    ],
)
def test_an_address_is_read(url, address):
    assert ray_address(url) == address


@pytest.mark.parametrize(
    "url", ["", "local", "ray:local", "ray://", "http://head", "ray://head:no", "ray://head:70000", "ray://head/path"]
)
def test_what_is_none_is_refused(url):
    with pytest.raises(UserMistake, match="give ray://HOST"):
        ray_address(url)


def test_options_of_ray_follow_the_address():
    local = ray_address("ray://local").options(400, 0.5)
    assert (local["address"], local["num_cpus"], local["num_gpus"]) == ("local", 400, 200.0)
    assert ray_address("ray://auto").options(2, 0) == {"address": "auto"}
    assert ray_address("ray://head").options(2, 0) == {"address": "ray://head:10001"}
    assert ray_address("ray://[::1]").options(2, 0) == {"address": "ray://[::1]:10001"}
