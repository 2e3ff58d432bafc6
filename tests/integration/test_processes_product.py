from __future__ import annotations

from pathlib import Path

import pytest

from backend.processes.announcement import Announcement
from backend.processes.plan import Plan
from backend.processes.product import product_plan
from backend.settings import Settings, load_settings

TWILIO = {"twilio_account_sid": "AC1", "twilio_auth_token": "t0ken", "twilio_sms_from": "+33612345678"}
SENDGRID = {
    "sendgrid_api_key": "SG.key",
    "sendgrid_from_email": "office@example.org",
    "sendgrid_webhook_public_key": "MFkw",
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return {"data_dir": tmp_path / "data"}


def plan_for(given: dict[str, object], *, demo: bool = True) -> Plan:
    return product_plan(load_settings(**given), demo=demo)


def names(plan: Plan) -> list[str]:
    return [child.name for child in (*plan.foundation, *plan.companions, *plan.services)]


def test_by_default_everything_runs_here_and_every_provider_is_simulated(own: dict[str, object]) -> None:
    plan = plan_for(own)

    assert names(plan) == ["valkey", "simulator", "web", "worker", "scheduler"]
    assert plan.shared_variables["SIMULATED_PROVIDERS"] == "twilio,sendgrid,whatsapp,stripe"
    assert plan.shared_variables["REDIS_URL"].startswith("redis://:")
    assert plan.shared_variables.items() <= plan.environment.items()


def test_the_children_s_settings_are_whole(own: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in plan_for(own).environment.items():
        monkeypatch.setenv(name, value)

    settings = load_settings()
    assert all(settings.is_simulated(provider) for provider in ("twilio", "sendgrid", "whatsapp"))
    assert settings.data_dir == own["data_dir"]


def test_a_given_redis_is_used(own: dict[str, object]) -> None:
    plan = plan_for({**own, "redis_url": "redis://10.0.0.1/0"})

    assert plan.foundation == ()
    assert plan.environment["REDIS_URL"] == "redis://10.0.0.1/0"


def test_real_twilio_is_left_alone_and_so_is_the_phone_whose_messages_it_carries(own: dict[str, object]) -> None:
    plan = plan_for({**own, **TWILIO})

    assert plan.shared_variables["SIMULATED_PROVIDERS"] == "sendgrid"
    assert not any(name.startswith(("TWILIO_", "WHATSAPP_")) for name in plan.shared_variables)


def test_without_anything_to_simulate_there_is_no_simulator(own: dict[str, object]) -> None:
    plan = plan_for({**own, **TWILIO, **SENDGRID})

    assert "simulator" not in names(plan)
    assert "SIMULATED_PROVIDERS" not in plan.shared_variables


def test_no_secret_is_on_a_command_line(own: dict[str, object]) -> None:
    settings = load_settings(**own)
    plan = product_plan(settings, demo=True)
    secrets = {
        value
        for name, value in plan.shared_variables.items()
        if name in Settings.model_fields or name.endswith(("KEY", "TOKEN", "REDIS_URL"))
    } | {settings.signing_key}
    children = (*plan.foundation, *plan.companions, *plan.services)
    words = " ".join(word for child in children for word in child.command)

    assert len(secrets) > 5
    assert not [secret for secret in secrets if secret in words]


@pytest.mark.parametrize("demo", [True, False])
def test_demonstration_data_come_after_the_administrator_and_only_when_wanted(
    own: dict[str, object], demo: bool
) -> None:
    database, pages = plan_for(own, demo=demo).preparation
    commands = [" ".join(step.command[2:]) for step in database]

    assert commands[:2] == ["backend.cli migrate", "backend.cli user ensure-admin"]
    assert commands[2:] == (["backend.cli demo --if-empty"] if demo else [])
    assert [step.command[2] for step in pages] == ["unisoft_ui.build"]


def test_the_address_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    announcement = Announcement("http://127.0.0.1:8000")
    announcement.take_administrator("")
    announcement.ready()
    announcement.end()

    assert capsys.readouterr().out == "Unisoft Message Campaigns is ready: http://127.0.0.1:8000/\n"


def test_a_generated_password_is_said_once_even_when_the_start_fails(capsys: pytest.CaptureFixture[str]) -> None:
    announcement = Announcement("http://127.0.0.1:8000")
    announcement.take_administrator('{"email": "admin@example.org", "password": "made-up"}\n')
    announcement.end()
    announcement.end()

    assert capsys.readouterr().out == "Administrator: admin@example.org  One-time password: made-up\n"


def test_a_given_password_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    announcement = Announcement("http://127.0.0.1:8000")
    announcement.take_administrator('{"email": "admin@example.org"}\n')
    announcement.ready()

    assert "password" not in capsys.readouterr().out
