from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import dramatiq.broker
import pytest
import redis
import time_machine
from sqlalchemy import select, text
from typer.main import get_command

from backend import cli, clock, realtime
from backend.database import get_engine, reading
from backend.domain.channels import Channel
from backend.domain.rights import Role
from backend.domain.statuses import CampaignStatus, RunState
from backend.models import Campaign, User, table_of
from backend.repositories import campaigns
from backend.services.passwords import verify_password
from backend.settings import get_settings
from tests.makers import buy_credits, connect_whatsapp, make_category, make_contacts, make_draft, make_run

ROOT = Path(__file__).resolve().parents[2]
SHALOM = ("--title", "Kol Nidre", "--text", "Shalom {{first_name}}")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as the console script does, in this process."""
    monkeypatch.setattr("backend.cli.data.configure_logging", lambda *_: None)

    def _run(*arguments: object, given: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["unisoft", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return _run


def in_a_process(*arguments: str, given: str = "", **variables: str) -> Ran:
    """Run a command in a process of its own, where nothing of this one is loaded."""
    ended = subprocess.run(
        [sys.executable, "-m", "backend.cli", *arguments],
        input=given,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)


def campaign(campaign_id: int) -> Campaign:
    with reading() as session:
        return campaigns.get(session, campaign_id)


def sql(statement: str) -> None:
    with get_engine().begin() as connection:
        connection.execute(text(statement))


def is_one_sentence(ran: Ran, *words: str) -> bool:
    """An expected failure: exit code 1, one line on standard error, nothing else."""
    lines = ran.err.splitlines()
    return (ran.code, ran.out, len(lines)) == (1, "", 1) and all(word in lines[0] for word in words)


# --- Which commands there are.


def test_every_published_command_is_there() -> None:
    published = {
        "run", "web", "worker", "scheduler", "migrate", "demo", "doctor", "user create", "contacts import",
        "campaign create", "campaign validate", "campaign pause", "campaign resume", "campaign cancel",
        "campaign status", "recount", "credits audit", "sms-segments",
    }  # fmt: skip
    assert published - set(_commands(get_command(cli.app))) == set()


def _commands(command: Any, path: str = "") -> list[str]:
    below = getattr(command, "commands", None)
    if below is None:
        return [path]
    return [found for name, one in below.items() for found in _commands(one, f"{path} {name}".strip())]


def test_the_program_says_what_it_can_without_any_settings(tmp_path: Path) -> None:
    ran = in_a_process("--help", PORT="no port", DATA_DIR=str(tmp_path))
    assert ran.code == 0
    assert "campaign" in ran.out


# --- Campaigns.


def test_create_takes_every_published_channel_and_prints_the_id(run: Run) -> None:
    make_contacts(2)
    names = {
        "Email": Channel.EMAIL,
        "SMS": Channel.SMS,
        "WhatsApp": Channel.WHATSAPP,
        "SMS / Email": Channel.SMS_EMAIL,
        "WhatsApp / SMS": Channel.WHATSAPP_SMS,
        "WhatsApp / SMS / Email": Channel.WHATSAPP_SMS_EMAIL,
        "sms": Channel.SMS,
        "whatsapp/sms": Channel.WHATSAPP_SMS,
        "WHATSAPP_SMS_EMAIL": Channel.WHATSAPP_SMS_EMAIL,
    }
    made = {name: run("campaign", "create", "--channel", name, *SHALOM, "--all-contacts") for name in names}
    assert {name: ran for name, ran in made.items() if (ran.code, ran.err) != (0, "")} == {}
    saved = {name: campaign(int(ran.out)) for name, ran in made.items()}
    assert {name: one.channel for name, one in saved.items()} == names
    assert {(one.title, one.status, one.targets_count) for one in saved.values()} == {
        ("Kol Nidre", CampaignStatus.INIT, 2)
    }


def test_create_fills_the_body_of_every_medium(run: Run) -> None:
    made = run(
        "campaign", "create", "--channel", "WhatsApp / SMS / Email", *SHALOM, "--subject", "Tonight", "--all-contacts"
    )
    saved = campaign(int(made.out))
    assert (saved.sms_text, saved.whatsapp_text) == ("Shalom {{first_name}}", "Shalom {{first_name}}")
    assert (saved.subject, saved.email_html) == ("Tonight", "<p>Shalom {{first_name}}</p>")
    untitled = run("campaign", "create", "--channel", "Email", *SHALOM, "--all-contacts")
    assert campaign(int(untitled.out)).subject == "Kol Nidre"


def test_create_for_some_categories(run: Run) -> None:
    members, youth = make_category("Members"), make_category("Talmud Torah")
    make_contacts(2, category_id=members)
    make_contacts(3, first=2, category_id=youth)
    make_contacts(1, first=5)
    one = run("campaign", "create", "--channel", "SMS", *SHALOM, "--category", "Talmud Torah")
    assert campaign(int(one.out)).targets_count == 3
    both = run("campaign", "create", "--channel", "SMS", *SHALOM, "--category", "Members", "--category", "Talmud Torah")
    assert campaign(int(both.out)).targets_count == 5


def test_create_with_a_date(run: Run) -> None:
    at = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
    ran = run("campaign", "create", "--channel", "SMS", *SHALOM, "--all-contacts", "--at", at.isoformat())
    assert campaign(int(ran.out)).scheduled_at == at
    ran = run("campaign", "create", "--channel", "SMS", *SHALOM, "--all-contacts", "--at", "2099-07-15T09:00")
    assert campaign(int(ran.out)).scheduled_at == datetime(2099, 7, 15, 7, tzinfo=UTC), "the organisation's zone"


def test_what_cannot_be_created_is_one_sentence(run: Run) -> None:
    create = ("campaign", "create", "--channel", "SMS")
    refusals = {
        ("Nobody",): run(*create, *SHALOM, "--category", "Nobody"),
        ("channel",): run("campaign", "create", "--channel", "Pigeon", *SHALOM, "--all-contacts"),
        ("targets",): run(*create, *SHALOM),
        ("age",): run(*create, "--title", "T", "--text", "{{age}}", "--all-contacts"),
        ("past",): run(*create, *SHALOM, "--all-contacts", "--at", "2020-01-01T09:00"),
        ("schedule",): run(*create, *SHALOM, "--all-contacts", "--at", "soon"),
        ("title",): run(*create, "--title", " ", "--text", "x", "--all-contacts"),
    }
    assert {words: ran for words, ran in refusals.items() if not is_one_sentence(ran, *words)} == {}
    with reading() as session:
        assert session.execute(select(table_of(Campaign).c.id)).all() == []


def test_a_missing_option_is_a_matter_of_usage(run: Run) -> None:
    assert run("campaign", "create", "--channel", "SMS").code == 2
    assert run("campaign", "status", "one").code == 2
    assert run("nonsense").code == 2


def test_validate_sends(run: Run) -> None:
    make_contacts(3)
    buy_credits(10)
    campaign_id = make_draft()
    ran = run("campaign", "validate", campaign_id, "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert "3 recipients" in ran.out
    assert "3 of 10 credits" in ran.out
    assert campaign(campaign_id).run_state is RunState.SENDING


@pytest.mark.parametrize(
    ("answer", "status"), [("y\n", CampaignStatus.VALIDATE), ("n\n", CampaignStatus.INIT), ("", CampaignStatus.INIT)]
)
def test_validate_asks_first(run: Run, answer: str, status: CampaignStatus) -> None:
    make_contacts(1)
    buy_credits(10)
    campaign_id = make_draft()
    ran = run("campaign", "validate", campaign_id, given=answer)
    assert (ran.code == 0) == (status is CampaignStatus.VALIDATE)
    assert campaign(campaign_id).status is status


def test_validate_without_credits_names_what_is_missing(run: Run) -> None:
    make_contacts(3)
    buy_credits(1)
    campaign_id = make_draft()
    ran = run("campaign", "validate", campaign_id, "--yes")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert "missing: 2" in ran.err
    assert campaign(campaign_id).status is CampaignStatus.INIT


def test_validate_twice_is_refused(run: Run) -> None:
    make_contacts(1)
    assert is_one_sentence(run("campaign", "validate", make_run(), "--yes"), "lready validated")


def test_validate_wakes_the_workers_of_the_running_product(
    run: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setattr(realtime, "_waker", None)
    monkeypatch.setattr(dramatiq.broker, "global_broker", None)
    get_settings.cache_clear()
    make_contacts(1)
    buy_credits(1)
    assert run("campaign", "validate", make_draft(), "--yes").code == 0
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen("unisoft-wake:unisoft") == 1


def test_pause_resume_cancel(run: Run) -> None:
    make_contacts(3)
    campaign_id = make_run()
    states = []
    for verb in ("pause", "pause", "resume", "resume", "pause", "cancel"):
        ran = run("campaign", verb, campaign_id)
        assert (ran.code, ran.err) == (0, ""), verb
        states.append(campaign(campaign_id).run_state.value)
    assert states == ["paused", "paused", "sending", "sending", "paused", "cancelled"]
    assert ran.out == "3 recipients were stopped.\n"
    for verb in ("pause", "resume"):
        assert is_one_sentence(run("campaign", verb, campaign_id)), f"{verb} after the end"


def test_a_draft_does_not_run(run: Run) -> None:
    campaign_id = make_draft()
    ended = {verb: run("campaign", verb, campaign_id) for verb in ("pause", "cancel")}
    assert {verb: ran for verb, ran in ended.items() if not is_one_sentence(ran)} == {}
    assert campaign(campaign_id).run_state is RunState.IDLE


def test_a_campaign_that_does_not_exist(run: Run) -> None:
    ended = {verb: run("campaign", verb, 4711) for verb in ("validate", "pause", "resume", "cancel", "status")}
    assert {verb: ran for verb, ran in ended.items() if not is_one_sentence(ran, "4711")} == {}


def test_status_for_programs(run: Run) -> None:
    make_contacts(3)
    campaign_id = make_run()
    sql("UPDATE campaign SET pending_count = 1, delivered_count = 2, failed_count = 1, skipped_count = 4")
    sql("UPDATE campaign SET cancelled_count = 5")
    ran = run("campaign", "status", campaign_id, "--json")
    assert ran.code == 0
    facts = json.loads(ran.out)
    assert list(facts) == [
        "id", "status", "run_state", "halt_code", "targets", "success", "failed", "pending", "skipped", "cancelled",
        "success_percent", "failed_percent",
    ]  # fmt: skip
    assert facts == {
        "id": campaign_id, "status": "VALIDATE", "run_state": "sending", "halt_code": None, "targets": 3,
        "success": 2, "failed": 1,
        "pending": 1, "skipped": 4, "cancelled": 5, "success_percent": 50, "failed_percent": 25,
    }  # fmt: skip


def test_status_of_a_draft_has_no_percent(run: Run) -> None:
    facts = json.loads(run("campaign", "status", make_draft(), "--json").out)
    assert (facts["status"], facts["run_state"]) == ("INIT", "idle")
    assert facts["success_percent"] is facts["failed_percent"] is None


def test_status_for_people_says_the_same(run: Run) -> None:
    campaign_id = make_draft()
    facts = json.loads(run("campaign", "status", campaign_id, "--json").out)
    lines = run("campaign", "status", campaign_id).out.splitlines()
    assert lines == [f"{name}: {value}" for name, value in facts.items()]


# --- Segments.


def test_segments_for_programs(run: Run) -> None:
    texts = ["", "Shalom", "x" * 161, "ça", "€" * 80, "שלום", "🕎" * 36, 'two\nlines "quoted"', "\ud83d"]
    ran = run("sms-segments", "--json", given="".join(json.dumps(one) + "\n" for one in texts))
    assert (ran.code, ran.err) == (0, "")
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert [list(answer) for answer in answers] == [["encoding", "segments", "units"]] * len(texts)
    assert [(a["encoding"], a["segments"], a["units"]) for a in answers] == [
        ("GSM-7", 0, 0),
        ("GSM-7", 1, 6),
        ("GSM-7", 2, 161),
        ("UCS-2", 1, 2),
        ("GSM-7", 1, 160),
        ("UCS-2", 1, 4),
        ("UCS-2", 2, 72),
        ("GSM-7", 1, 18),
        ("UCS-2", 1, 1),
    ]


def test_segments_for_people(run: Run) -> None:
    ran = run("sms-segments", given="Shalom\nça va\n")
    assert ran.out == "encoding=GSM-7 segments=1 units=6\nencoding=UCS-2 segments=1 units=5\n"


def test_a_line_that_is_no_json_string_is_named(run: Run) -> None:
    lines = ["Shalom", "", "7", "null", '["x"]', '"x']
    ended = {line: run("sms-segments", "--json", given=f'"Shalom"\n{line}\n') for line in lines}
    assert {(ran.code, ran.err) for ran in ended.values()} == {(1, "Line 2 is not a JSON string\n")}, ended


def test_segments_need_no_database_and_speak_utf8(tmp_path: Path) -> None:
    ran = in_a_process("sms-segments", "--json", given='"שלום 🕎"\n', DATA_DIR=str(tmp_path), DATABASE_URL="")
    assert (ran.code, json.loads(ran.out)) == (0, {"encoding": "UCS-2", "segments": 1, "units": 7})
    assert list(tmp_path.iterdir()) == []


# --- Proofs.


def test_recount_repairs_and_says_so(run: Run) -> None:
    make_contacts(3)
    first, second = make_run(), make_run()
    assert run("recount").code == 0
    sql(f"UPDATE campaign SET pending_count = 7 WHERE id = {first}")
    assert run("recount", second).code == 0
    ran = run("recount")
    assert (ran.code, ran.out) == (1, f"campaign {first} pending: stored 7, counted 3\n")
    assert campaign(first).pending_count == 3
    ran = run("recount", first)
    assert (ran.code, ran.out) == (0, "Every counter is true.\n")


def test_recount_of_nothing(run: Run) -> None:
    assert run("recount").code == 0
    assert is_one_sentence(run("recount", 4711), "4711")


def test_the_audit_of_the_credits(run: Run) -> None:
    make_contacts(1)
    make_run()
    ran = run("credits", "audit")
    assert (ran.code, ran.out) == (0, "The ledger adds up.\n")
    sql("UPDATE credit_balance SET bought = bought + 1")
    ran = run("credits", "audit")
    assert (ran.code, ran.out) == (1, "credits bought: stored 100001, counted 100000\n")


# --- Installation.


def test_migrate_may_be_repeated(run: Run) -> None:
    for _ in range(2):
        ran = run("migrate")
        assert (ran.code, ran.out) == (0, "The database is up to date.\n")


def test_the_doctor_of_a_healthy_installation(run: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    get_settings.cache_clear()
    connect_whatsapp()
    ran = run("doctor")
    assert ran.code == 0, ran.out
    assert {line.split(":")[0] for line in ran.out.splitlines()} == {
        "ok    database", "ok    redis", "ok    wake-ups", "ok    email", "ok    sms", "ok    whatsapp"
    }  # fmt: skip


def test_the_doctor_tells_of_wake_ups_that_no_worker_could_use(
    run: Run, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    get_settings.cache_clear()
    with redis.Redis.from_url(redis_url) as client:
        client.zadd("unisoft-wake:unisoft.XQ", {f"letter {n}": time.time() * 1000 for n in range(3)})
    ran = run("doctor")
    assert ran.code == 1
    [failure] = [line for line in ran.out.splitlines() if line.startswith("FAIL")]
    assert "3 of the last 24 hours in the queue unisoft" in failure
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1), tick=False):
        assert "FAIL" not in run("doctor").out, "a day later it is no news"


def test_the_doctor_names_what_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run("doctor")
    assert ran.code == 1
    [failure] = [line for line in ran.out.splitlines() if line.startswith("FAIL")]
    assert "REDIS_URL" in failure
    sql("DELETE FROM alembic_version")
    assert "unisoft migrate" in run("doctor").out
    monkeypatch.setenv("REDIS_URL", "redis://:s3cret@127.0.0.1:1/0")
    get_settings.cache_clear()
    ran = run("doctor")
    assert [line[:11] for line in ran.out.splitlines()[:2]] == ["FAIL  datab", "FAIL  redis"]
    assert "s3cret" not in ran.out


def test_a_user_gets_a_password_once(run: Run) -> None:
    ran = run("user", "create", "--email", "Ruth@Example.org", "--first-name", "Ruth")
    assert ran.code == 0
    [line] = ran.out.splitlines()
    email, password = line.split(" may sign in with the password ")
    assert email == "ruth@example.org"
    with reading() as session:
        user = session.get(User, 1)
    assert user is not None
    assert (user.role, user.first_name, user.is_active) == (Role.ADMINISTRATOR, "Ruth", True)
    assert verify_password(password, user.password_hash)[0]
    assert password not in user.password_hash
    again = run("user", "create", "--email", "ruth@example.org")
    assert is_one_sentence(again, "mail taken")


def test_a_secondary_user_starts_with_no_right(run: Run) -> None:
    assert run("user", "create", "--role", "secondary", given="ruth@example.org\n").code == 0
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM user_right")).scalar() == 0
        assert session.execute(text("SELECT role FROM user_account")).scalar() == "secondary"


def test_a_user_needs_an_email(run: Run) -> None:
    ended = {
        email: run("user", "create", "--email", email) for email in ("", "ruth", "ruth@", "@example.org", "a b@c.org")
    }
    assert {email: ran for email, ran in ended.items() if not is_one_sentence(ran, "mail invalid")} == {}


def test_the_first_administrator_is_made_once(run: Run) -> None:
    first, second = run("user", "ensure-admin"), run("user", "ensure-admin")
    made = json.loads(first.out)
    assert made["email"] == get_settings().admin_email
    assert len(made["password"]) >= 10
    assert (second.code, second.out) == (0, "")


def test_contacts_are_imported_and_what_was_left_out_is_listed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("first_name,last_name,email\nRuth,Azoulay,ruth@example.org\nNoa,Levi,\n", encoding="utf-8")
    ran = run("contacts", "import", file)
    assert ran.code == 0
    assert ran.out.startswith("1 created")
    assert "line 3" in ran.err
    assert run("contacts", "import", tmp_path / "nothing.csv").code == 2


def test_demonstration_data_is_not_added_to_real_data(run: Run) -> None:
    make_contacts(1)
    make_draft()
    ran = run("demo", "--if-empty")
    assert ran.code == 0
    assert ran.out.endswith("There is data already.\n")
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM contact")).scalar() == 1


# --- When it cannot work at all.


@pytest.mark.parametrize("command", [("campaign", "status", "1"), ("doctor",), ("run",)], ids=" ".join)
def test_a_wrong_setting_is_one_sentence_that_names_it(tmp_path: Path, command: tuple[str, ...]) -> None:
    ran = in_a_process(*command, PORT="eighty", DATA_DIR=str(tmp_path))
    assert is_one_sentence(ran, "PORT"), ran


def test_a_database_that_was_never_migrated_is_one_sentence(run: Run, tmp_path: Path) -> None:
    with get_engine().begin() as connection:
        for table in (
            "recipient",
            "attempt",
            "campaign_category",
            "campaign_contact",
            "campaign_link",
            "campaign_file",
        ):
            connection.execute(text(f"DROP TABLE IF EXISTS {table} {_cascade()}"))
        connection.execute(text("ALTER TABLE campaign RENAME TO elsewhere"))
    assert is_one_sentence(run("campaign", "status", 1), "unisoft migrate")


def _cascade() -> str:
    return "CASCADE" if get_engine().dialect.name == "postgresql" else ""


@pytest.mark.parametrize(
    "url", ["postgresql://unisoft:s3cret@127.0.0.1:1/unisoft", "sqlite:////proc/nowhere/unisoft.db", "nonsense"]
)
def test_a_database_out_of_reach_is_one_sentence(tmp_path: Path, url: str) -> None:
    ran = in_a_process("campaign", "status", "1", DATABASE_URL=url, DATA_DIR=str(tmp_path))
    assert is_one_sentence(ran, "database"), ran
    assert "s3cret" not in ran.err


@pytest.mark.parametrize("role", ["worker", "scheduler"])
def test_a_role_without_redis_says_what_it_needs(tmp_path: Path, role: str) -> None:
    ran = in_a_process(role, REDIS_URL="", DATA_DIR=str(tmp_path), DATABASE_URL="")
    assert is_one_sentence(ran, "REDIS_URL"), ran
