"""The doors in front of the pages and forms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend.domain.rights import Role
from backend.services import sessions, users
from backend.services.acting import OPERATOR
from tests.integration.web import ADMIN, CAMPAIGNS, Web, installed_web, running_web


@pytest.fixture(scope="module")
def web(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with installed_web(tmp_path_factory.mktemp("web"), redis_server) as running:
        yield running


def sign_in(client: httpx.Client, email: str = ADMIN[0], password: str = ADMIN[1], **fields: str) -> httpx.Response:
    return client.post("/auth/sign-in", data={"email": email, "password": password, **fields})


def test_signing_in_and_out(web: Web) -> None:
    with web.client() as client:
        assert client.get("/").headers["location"] == CAMPAIGNS
        refused = client.get("/app/messages/detail?id=3")
        assert (refused.status_code, refused.headers["location"]) == (
            303,
            "/login?next=%2Fapp%2Fmessages%2Fdetail%3Fid%3D3",
        )
        assert client.get(CAMPAIGNS).headers["location"] == "/login"

        answer = sign_in(client, next="/app/messages/detail?id=3")
        assert (answer.status_code, answer.headers["location"]) == (303, "/app/messages/detail?id=3")
        cookie = answer.headers["set-cookie"]
        assert all(flag in cookie for flag in ("HttpOnly", "SameSite=lax", "Path=/"))
        assert "Max-Age" not in cookie
        assert client.get("/login").headers["location"] == CAMPAIGNS
        assert client.get(CAMPAIGNS).headers.get("location") is None

        token = client.cookies["unisoft_session"]
        out = client.post("/auth/sign-out")
        assert (out.status_code, out.headers["location"]) == (303, "/login")
        assert sessions.authenticate(sessions.hash_token(token)) is None
        assert client.get(CAMPAIGNS, headers={"cookie": f"unisoft_session={token}"}).status_code == 303


def test_the_token_is_a_new_one_at_every_sign_in(web: Web) -> None:
    with web.client(cookies={"unisoft_session": "chosen-by-somebody-else"}) as client:
        sign_in(client)
        tokens = [jar.value for jar in client.cookies.jar if jar.value != "chosen-by-somebody-else"]
        (first,) = tokens
        assert sessions.authenticate(sessions.hash_token("chosen-by-somebody-else")) is None
        with web.client(cookies={"unisoft_session": first or ""}) as again:
            sign_in(again)
            assert sessions.authenticate(sessions.hash_token(first or "")) is None


def test_stay_signed_in_outlives_the_browser(web: Web) -> None:
    with web.client() as client:
        assert "Max-Age=" in sign_in(client, remember="on").headers["set-cookie"]


def test_a_refusal_keeps_the_address_out_of_urls_and_logs(web: Web) -> None:
    with web.client() as client:
        answer = sign_in(client, password="not this one")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?error=wrong_credentials")
        in_place = client.post(
            "/auth/sign-in",
            data={"email": ADMIN[0], "password": "not this one"},
            headers={"accept": "application/json"},
        )
        assert (in_place.status_code, in_place.json()["error"]) == (401, "wrong_credentials")
        unknown = sign_in(client, email="nobody@example.org", password="not this one")
        assert (unknown.status_code, unknown.headers["location"]) == (303, "/login?error=wrong_credentials")
    assert ADMIN[0] not in web.log()
    assert "not this one" not in web.log()


def test_too_many_attempts_are_told_how_long_to_wait(web: Web) -> None:
    users.create_user(OPERATOR, email="tried@example.org", password=ADMIN[1])
    with web.client() as client:
        for _ in range(10):
            refused = sign_in(client, email="tried@example.org", password="wrong")
            assert refused.headers["location"].endswith("wrong_credentials")
        refused = sign_in(client, email="tried@example.org")
        assert refused.headers["location"] == "/login?error=too_many_attempts"
        assert 0 < int(refused.headers["retry-after"]) <= 900


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/sign-out"])
def test_other_sites_cannot_send_our_forms(web: Web, headers: dict[str, str], path: str) -> None:
    token, _ = sessions.open_session(1, stay_signed_in=False)
    fields = {"email": ADMIN[0], "password": ADMIN[1]}
    answer = httpx.post(web.origin + path, data=fields, headers={**headers, "cookie": f"unisoft_session={token}"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert sessions.authenticate(sessions.hash_token(token)) is not None


def test_only_known_paths_take_anything(web: Web) -> None:
    with web.client() as client:
        for path in ("/", "/login", CAMPAIGNS, "/_upload", "/nothing"):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                assert client.request(method, path, content=b"x").status_code == 404, (method, path)
        for path in ("/_upload/secret.txt", "/_all_routes", "/ping", "/_health", "/.states", "/auth/sign-in"):
            assert client.get(path).status_code in {404, 405}, path


def test_bodies_have_an_end(web: Web) -> None:
    with web.client() as client:
        assert client.post("/auth/sign-in", content=b"a" * 70_000).status_code == 413

        def endless() -> Iterator[bytes]:
            for _ in range(100):
                yield b"email=" + b"a" * 10_000

        form = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post("/auth/sign-in", content=endless(), headers=form).status_code == 413


def test_browsers_are_told_what_to_refuse(web: Web) -> None:
    with web.client() as client:
        headers = client.get("/healthz").headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "'unsafe-inline'" not in headers["content-security-policy"].split("style-src")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "server" not in headers
        foreign = client.get("/healthz", headers={"origin": "https://evil.example"}).headers
        assert "access-control-allow-origin" not in foreign


def test_every_page_is_told_even_where_files_are_looked_for(web: Web) -> None:
    with web.client() as client:
        headers = client.get("/assets/missing.js").headers
        assert "content-security-policy" in headers, f"a {headers['content-type']} of a file that is not there"


def test_health_readiness_and_figures(web: Web) -> None:
    with web.client() as client:
        assert client.get("/healthz").text == "ok"
        assert client.get("/readyz").json() == {"ready": True, "missing": []}
        assert "http_request_seconds_count" in client.get("/metrics").text
        assert client.get("/metrics", headers={"x-forwarded-for": "1.2.3.4"}).status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_not_ready_names_what_is_missing(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    with running_web(tmp_path) as web, web.client() as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["missing"]) == (503, ["redis"])
        users.create_user(OPERATOR, email=ADMIN[0], password=ADMIN[1], role=Role.ADMINISTRATOR)
        for _ in range(10):
            sign_in(client, password="wrong")
        assert sign_in(client).headers["location"] == "/login?error=too_many_attempts"


def test_a_correlation_id_goes_through(web: Web) -> None:
    with web.client() as client:
        assert (
            client.get("/healthz?token=secret-of-mine", headers={"x-request-id": "given-by-proxy"}).headers[
                "x-request-id"
            ]
            == "given-by-proxy"
        )
        assert client.get("/healthz", headers={"x-request-id": "bad id\tx"}).headers["x-request-id"] != "bad id\tx"
    assert "request_id=given-by-proxy" in web.log()
    assert "secret-of-mine" not in web.log()
