"""What can be checked of the containers without an engine: names that must agree with the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from backend.cli import app
from backend.http import bodies
from backend.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
IMAGES = {service["image"] for service in SERVICES.values() if "build" in service}
OURS = {name: service for name, service in SERVICES.items() if service["image"] in IMAGES}
WEBS = [name for name, service in OURS.items() if service["command"] == ["web"]]
NGINX = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMMANDS: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
OF_COMPOSE = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "PROXY_PORT"}
_VARIABLE = re.compile(r"\$\{(\w+)(?::[?-]([^}]*))?\}")


def everything(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in everything(item)]
    return [text for item in value for text in everything(item)] if isinstance(value, list) else [str(value)]


def number_of(service: dict[str, Any]) -> int:
    return service.get("deploy", {}).get("replicas", 1)


def test_every_role_is_there_as_often_as_it_should_be() -> None:
    numbers: dict[str, int] = {}
    for service in OURS.values():
        numbers[service["command"][0]] = numbers.get(service["command"][0], 0) + number_of(service)
    assert numbers == {"migrate": 1, "web": 2, "worker": 4, "scheduler": 2}


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_a_process_is_given_is_known_to_it(name: str) -> None:
    assert {variable.lower() for variable in OURS[name]["environment"]} <= set(Settings.model_fields)
    assert OURS[name]["command"][0] in COMMANDS


def test_every_variable_asked_for_is_a_setting_or_the_compose_files_own() -> None:
    asked = {found[0] for text in everything(COMPOSE) for found in _VARIABLE.findall(text)}
    assert {name for name in asked if name.lower() not in Settings.model_fields} == OF_COMPOSE


def test_its_values_are_settings_that_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"PUBLIC_URL": "https://messages.example.org", "SECRET_KEY": "x" * 32}
    for name, value in OURS["web-1"]["environment"].items():
        monkeypatch.setenv(name, _VARIABLE.sub(lambda found: given.get(found[1], "secret"), value))
    settings = load_settings()
    assert settings.sql_url == "postgresql+psycopg://unisoft:secret@postgres:5432/unisoft"
    assert settings.redis_url == "redis://:secret@redis:6379/0"
    assert settings.origin == "https://messages.example.org"
    assert settings.trusted_proxy_hops == 1


def test_no_secret_is_written_down() -> None:
    for text in everything(COMPOSE):
        assert not re.search(r"://\w*:(?!\$)[^/@]+@", text), text
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or _VARIABLE.fullmatch(value)


def test_nothing_but_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_what_a_service_waits_for_exists_and_can_say_that_it_is_there() -> None:
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            assert name in SERVICES
            if wanted["condition"] == "service_healthy" and name not in OURS:
                assert "test" in SERVICES[name]["healthcheck"]


def test_the_connections_of_all_processes_fit_into_the_database() -> None:
    threads = Settings.model_fields["worker_threads"].default
    each = threads * 3 + 8  # backend.database: pool and overflow
    (most,) = (int(word.partition("=")[2]) for word in SERVICES["postgres"]["command"] if "max_connections" in word)
    assert sum(map(number_of, OURS.values())) * each <= most - 10


def test_the_proxy_knows_every_web_process() -> None:
    port = OURS["web-1"]["environment"]["PORT"]
    assert set(re.findall(r"^\s*server (\S+:\d+) ", NGINX, re.MULTILINE)) == {f"{name}:{port}" for name in WEBS}
    assert set(SERVICES["proxy"]["depends_on"]) == set(WEBS)
    assert "ip_hash" not in NGINX, "no tab is bound to a process"


def test_the_proxy_passes_on_what_the_web_process_needs() -> None:
    for line in (
        "proxy_http_version 1.1;",
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
    ):
        assert line in NGINX
    assert NGINX.count("{") == NGINX.count("}")


def test_the_proxy_takes_the_largest_body_that_the_product_takes() -> None:
    uploads, others = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    assert int(others) * 1024 * 1024 == max(bodies._LIMITS_BYTES.values())
    fields = Settings.model_fields
    assert int(uploads) == max(fields["document_max_mb"].default, fields["video_max_mb"].default)


def test_the_proxy_is_more_patient_than_the_pings_of_a_tab() -> None:
    (silence_s,) = re.findall(r"location /_event \{.*?proxy_read_timeout (\d+)s;", NGINX, re.DOTALL)
    assert int(silence_s) > 15 + 20  # unisoft_ui.server: interval and time-out


def test_the_image_copies_what_exists_and_nothing_private() -> None:
    copied = [
        path for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for path in line.split()[:-1]
    ]
    assert {"backend", "unisoft_ui", "migrations", "alembic.ini", "requirements.lock"} <= set(copied)
    assert all((ROOT / path).exists() for path in copied)
    assert not {".", ".env", "data", ".git", ".venv"} & set(copied)


def test_the_image_starts_the_product_as_nobody_special() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["unisoft"]
    assert 'ENTRYPOINT ["python", "-m", "backend.cli"]' in DOCKERFILE
    assert re.findall(r'^CMD \["(\w+)"\]$', DOCKERFILE, re.MULTILINE)[0] in COMMANDS
    assert "--require-hashes" in DOCKERFILE
    assert "/readyz" in DOCKERFILE


def test_a_file_system_that_cannot_be_written_to_has_the_folder_reflex_makes() -> None:
    assert all(service["read_only"] for service in OURS.values())
    assert "mkdir -p .web/backend" in DOCKERFILE
