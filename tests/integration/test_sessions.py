"""Sessions, users, and signing in, against real databases."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
import time_machine
from sqlmodel import select, update

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.rights import Right, Role
from backend.errors import ConfigurationError, ConflictError, ForbiddenError, InvalidInputError
from backend.models import AuditEntry, Session, User
from backend.services import passwords, sessions, users
from backend.services.acting import OPERATOR, ActingUser
from backend.services.attempt_limits import attempt_limits
from backend.services.sign_in import TooManyAttemptsError, WrongCredentialsError, sign_in
from backend.settings import load_settings

EMAIL, PASSWORD = "ilana@example.org", "a long password"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    attempt_limits.cache_clear()


@pytest.fixture
def user_id(database: str) -> int:
    return users.create_user(OPERATOR, email="Ilana@Example.org", password=PASSWORD, rights=[Right.CAMPAIGNS_VIEW]).id


def opened(user_id: int, *, stay: bool = False) -> str:
    return sessions.hash_token(sessions.open_session(user_id, stay_signed_in=stay)[0])


def test_a_session_says_who_acts_and_with_which_rights(user_id: int) -> None:
    actor = sessions.authenticate(opened(user_id))
    assert actor is not None
    assert (actor.id, actor.email, actor.role) == (user_id, EMAIL, Role.SECONDARY)
    assert actor.rights == {Right.CAMPAIGNS_VIEW}


def test_only_the_hash_of_a_token_is_kept(user_id: int) -> None:
    token, _ = sessions.open_session(user_id, stay_signed_in=False)
    with reading() as session:
        (kept,) = session.exec(select(Session)).all()
    assert kept.token_hash == sessions.hash_token(token)
    assert token not in kept.model_dump_json()
    assert sessions.authenticate(token) is None


@pytest.mark.parametrize(("stay", "idle"), [(False, timedelta(hours=12)), (True, timedelta(days=30))])
def test_a_session_lives_while_it_is_used(user_id: int, stay: bool, idle: timedelta) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        used, unused = opened(user_id, stay=stay), opened(user_id, stay=stay)
        for _ in range(3):
            traveller.shift(idle * 0.9)
            assert sessions.authenticate(used) is not None
        assert sessions.authenticate(unused) is None
        traveller.shift(idle + timedelta(seconds=1))
        assert sessions.authenticate(used) is None


def test_use_is_noted_at_most_every_five_minutes(user_id: int) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        token_hash, begun = opened(user_id), clock.now()

        def seen_at() -> object:
            with reading() as session:
                return session.exec(select(Session.last_seen_at)).one()

        traveller.shift(timedelta(minutes=4))
        sessions.authenticate(token_hash)
        assert seen_at() == begun
        traveller.shift(timedelta(minutes=2))
        sessions.authenticate(token_hash)
        assert seen_at() == clock.now()


def test_nobody_waits_for_a_use_to_be_noted_while_the_database_is_held_up(user_id: int) -> None:
    token_hash = opened(user_id)
    with unit_of_work() as session:
        session.exec(update(Session).values(last_seen_at=clock.now() - timedelta(minutes=6)))

    def seen_lately() -> bool:
        with reading() as session:
            return session.exec(select(Session.last_seen_at)).one() > clock.now() - timedelta(minutes=1)

    with unit_of_work() as session:
        session.exec(select(Session).with_for_update()).one()
        began = time.monotonic()
        assert [sessions.authenticate(token_hash) is not None for _ in range(5)] == [True] * 5
        assert time.monotonic() - began < 2
        assert not seen_lately()
    while not seen_lately():
        assert time.monotonic() < began + 20
        time.sleep(0.02)


def test_revoked_sessions_and_inactive_users_are_nobody(user_id: int) -> None:
    one, other = opened(user_id), opened(user_id)
    sessions.revoke(one)
    sessions.revoke(one)
    assert sessions.authenticate(one) is None
    assert sessions.authenticate(other) is not None
    with unit_of_work() as session:
        user = session.get(User, user_id)
        assert user is not None
        user.is_active = False
    assert sessions.authenticate(other) is None
    assert sessions.authenticate("") is None


def test_ended_sessions_are_deleted_after_a_month(user_id: int) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        opened(user_id)
        kept = opened(user_id, stay=True)
        traveller.shift(timedelta(days=20))
        assert sessions.purge_expired() == 0
        traveller.shift(timedelta(days=9))
        assert sessions.authenticate(kept) is not None
        traveller.shift(timedelta(days=3))
        assert sessions.purge_expired() == 1
        assert sessions.authenticate(kept) is not None


def test_a_new_password_ends_every_session(user_id: int) -> None:
    actor = sessions.authenticate(opened(user_id))
    assert actor is not None
    token_hash = opened(user_id)
    with pytest.raises(InvalidInputError, match="password_wrong"):
        users.change_password(actor, user_id, "a newer password", current="not it")
    users.change_password(actor, user_id, "a newer password", current=PASSWORD)
    assert sessions.authenticate(token_hash) is None
    with pytest.raises(WrongCredentialsError):
        sign_in(EMAIL, PASSWORD, "192.0.2.1")
    sign_in(EMAIL, "a newer password", "192.0.2.1")


def test_nobody_gives_more_than_they_have(database: str) -> None:
    editor = ActingUser(None, "e", "E", Role.SECONDARY, frozenset({Right.USERS_EDIT, Right.CONTACTS_VIEW}))
    with pytest.raises(ForbiddenError):
        users.create_user(editor, email="a@example.org", role=Role.ADMINISTRATOR)
    with pytest.raises(ForbiddenError):
        users.create_user(editor, email="a@example.org", rights=[Right.CAMPAIGNS_SEND])
    assert users.create_user(editor, email="a@example.org", rights=[Right.CONTACTS_VIEW]).password
    admin = users.create_user(OPERATOR, email="admin@example.org", role=Role.ADMINISTRATOR)
    with pytest.raises(ForbiddenError):
        users.change_password(editor, admin.id, "taken over now")
    with pytest.raises(ForbiddenError):
        users.create_user(ActingUser(9, "p", "P", Role.SECONDARY), email="b@example.org")


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("no address", PASSWORD, "email_invalid"),
        (EMAIL, "short", "password_too_short"),
        (EMAIL, "x" * 129, "password_too_long"),
    ],
)
def test_what_a_user_needs(database: str, email: str, password: str, code: str) -> None:
    with pytest.raises(InvalidInputError, match=code):
        users.create_user(OPERATOR, email=email, password=password)


def test_an_address_belongs_to_one_user(user_id: int) -> None:
    with pytest.raises(ConflictError, match="email_taken"):
        users.create_user(OPERATOR, email=EMAIL.upper(), password=PASSWORD)


def test_the_first_administrator_is_made_once(database: str) -> None:
    email, password = users.ensure_admin(load_settings(admin_email="first@example.org"))
    assert email == "first@example.org"
    assert password is not None
    sign_in(email, password, "192.0.2.1")
    assert users.ensure_admin(load_settings(admin_email="second@example.org", admin_password="y" * 12))[1] is None
    with reading() as session:
        assert session.exec(select(User.email)).all() == ["first@example.org"]


def test_a_given_password_is_not_told_again(database: str) -> None:
    assert users.ensure_admin(load_settings(admin_password=PASSWORD)) == ("admin@example.org", None)
    with pytest.raises(WrongCredentialsError):
        sign_in("admin@example.org", "other", "192.0.2.1")
    sign_in("admin@example.org", PASSWORD, "192.0.2.1")


def test_settings_that_cannot_be_used_are_named(user_id: int) -> None:
    with pytest.raises(ConfigurationError, match="ADMIN_PASSWORD"):
        users.ensure_admin(load_settings(admin_password="short"))
    with pytest.raises(ConfigurationError, match="ADMIN_EMAIL"):
        users.ensure_admin(load_settings(admin_email=EMAIL))


def test_signing_in_is_written_down_without_what_was_typed(user_id: int) -> None:
    for email in (EMAIL, "my password by mistake"):
        with pytest.raises(WrongCredentialsError):
            sign_in(email, "wrong", "192.0.2.7")
    sign_in(EMAIL, PASSWORD, "192.0.2.7")
    with reading() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action != "user.created").order_by("id")).all()
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("session.refused", EMAIL),
        ("session.refused", "unknown"),
        ("session.started", EMAIL),
    ]
    assert all(json.loads(entry.details) == {"ip": "192.0.2.7"} for entry in entries)


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
def test_unknown_users_cost_the_same_work(user_id: int, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = passwords.verify_password

    def counting(password: str, password_hash: str) -> tuple[bool, str | None]:
        verified.append(password_hash)
        return real(password, password_hash)

    monkeypatch.setattr(passwords, "verify_password", counting)
    with pytest.raises(WrongCredentialsError):
        sign_in(email, "wrong", "192.0.2.1")
    assert [value.rsplit("$", 2)[0] for value in verified] == [passwords.nobodys_hash().rsplit("$", 2)[0]]


def test_an_account_is_tried_ten_times(user_id: int) -> None:
    for number in range(10):
        with pytest.raises(WrongCredentialsError):
            sign_in(EMAIL, "wrong", f"192.0.2.{number}")
    with pytest.raises(TooManyAttemptsError) as refused:
        sign_in(EMAIL, PASSWORD, "192.0.2.99")
    wait_s = refused.value.details["retry_after_s"]
    assert isinstance(wait_s, int)
    assert 0 < wait_s <= 900


def test_success_begins_the_count_anew(user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "verify_password", lambda password, _: (password == PASSWORD, None))
    for _ in range(2):
        for _ in range(9):
            with pytest.raises(WrongCredentialsError):
                sign_in(EMAIL, "wrong", "192.0.2.1")
        sign_in(EMAIL, PASSWORD, "192.0.2.1")


def test_an_address_is_tried_sixty_times(user_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "verify_password", lambda *_: (False, None))
    for number in range(60):
        with pytest.raises(WrongCredentialsError):
            sign_in(f"{number}@example.org", "wrong", "192.0.2.1")
    with pytest.raises(TooManyAttemptsError):
        sign_in(EMAIL, PASSWORD, "192.0.2.1")
    with pytest.raises(WrongCredentialsError):
        sign_in(EMAIL, PASSWORD, "192.0.2.2")
