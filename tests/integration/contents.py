"""Users and uploads for the tests of additional content."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from backend.database import reading, unit_of_work
from backend.domain.additional_content import AdditionalContent
from backend.domain.channels import Medium
from backend.domain.rights import Right, Role
from backend.file_store import get_file_store
from backend.models import Table, User, table_of
from backend.repositories import users
from backend.services.acting import ActingUser
from backend.services.additional_content import LinkInput, set_content
from backend.services.uploads import store_upload
from tests.files import PDF_FILE


def make_user(name: str = "ruth", rights: Sequence[Right] = (Right.CAMPAIGNS_EDIT,)) -> ActingUser:
    """A secondary user with these rights."""
    email = f"{name}@office.example.org"
    with unit_of_work() as session:
        user_id = users.add(session, User(email=email, password_hash="x", role=Role.SECONDARY), rights)
    return ActingUser(user_id, email, name, Role.SECONDARY, frozenset(rights))


def upload(actor: ActingUser, content: bytes = PDF_FILE, name: str = "Times.pdf") -> str:
    """Store a file; gives its ref."""
    return store_upload(actor, name, [content]).ref


def save_content(
    actor: ActingUser,
    campaign_id: int,
    *,
    links: Sequence[str] = (),
    files: Sequence[str] = (),
    media: Sequence[Medium] = (),
) -> AdditionalContent:
    """Give a campaign links and files, as a save does."""
    with unit_of_work() as session:
        return set_content(session, actor, campaign_id, [LinkInput(url) for url in links], files, media)


def stored() -> list[str]:
    """What lies in the store, whole or on its way."""
    store = get_file_store()
    root = store._root
    return (
        sorted(path.removeprefix(root).strip("/") for path in store._files.find(root))
        if store._files.exists(root)
        else []
    )


def rows(model: type[Table]) -> int:
    """How many there are."""
    with reading() as session:
        return session.execute(select(func.count()).select_from(table_of(model))).scalar_one()
