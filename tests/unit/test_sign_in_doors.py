"""Paths, origins and message shapes: the parts of the doors that need nothing else."""

from __future__ import annotations

import pytest

from backend.http import paths
from backend.http.flood import MAX_DEPTH, Bucket, is_misshapen
from backend.http.requests import allowed_origins
from backend.http.security_headers import content_security_policy
from backend.settings import Settings
from unisoft_ui import routes

CAMPAIGNS = routes.CAMPAIGNS


def test_the_server_and_the_interface_mean_the_same_paths() -> None:
    assert (paths.HOME, paths.LOGIN) == (routes.CAMPAIGNS, routes.LOGIN)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/app\\..\\x",
        "/app/../login",
        "/login",
        "/appalling",
        "/app/x\r\nset-cookie: a=b",
        "",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(wanted: str) -> None:
    assert paths.after_sign_in(wanted) == CAMPAIGNS


@pytest.mark.parametrize("wanted", ["/app", "/app/messages/detail?id=1", "/app/settings#credits"])
def test_the_page_wanted_is_reached(wanted: str) -> None:
    assert paths.after_sign_in(wanted) == wanted


@pytest.mark.parametrize("path", ["/app", "/app/", "/app/x", "//app/x", "/x/../app", "/./app/x", "/app//x"])
def test_the_signed_in_part_has_no_side_entrance(path: str) -> None:
    assert paths.needs_session(path)


@pytest.mark.parametrize("path", ["/", "/login", "/apple", "/assets/app", "/f/app"])
def test_the_rest_is_public(path: str) -> None:
    assert not paths.needs_session(path)


@pytest.mark.parametrize(
    ("settings", "origins"),
    [
        ({"port": 8000}, {"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"}),
        ({"public_url": "https://unisoft.example"}, {"https://unisoft.example"}),
        ({"host": "192.0.2.1", "port": 80}, {"http://192.0.2.1:80"}),
    ],
)
def test_origins_are_always_named(settings: dict[str, object], origins: set[str]) -> None:
    assert set(allowed_origins(Settings.model_construct(**settings))) == origins  # pyright: ignore[reportArgumentType]


def test_depth_counts_brackets_outside_of_strings_only() -> None:
    assert not is_misshapen('["' + "[" * 100 + '"]')
    assert not is_misshapen(r'["\"' + "[" * 100 + '"]')
    assert is_misshapen("[" * (MAX_DEPTH + 1))


def test_a_bucket_gives_what_it_holds() -> None:
    bucket = Bucket(per_s=0, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_inline_scripts_are_allowed_by_hash_only() -> None:
    scripts = content_security_policy(["alert(1)"]).split("; ")[1]
    assert "'sha256-" in scripts
    assert "unsafe-inline" not in scripts
