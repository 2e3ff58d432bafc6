"""Contacts, the categories and households they belong to, and what they opted out of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, event, text
from sqlmodel import Field

from backend.domain.addresses import AddressProblem
from backend.domain.channels import Medium
from backend.domain.contact_search import SEARCH_LENGTH, searched_text
from backend.models.base import Table, created_field, enum_field


class Household(Table, table=True):
    """Contacts who live together; one message for all when the campaign says so."""

    __tablename__ = "household"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=160)


class Contact(Table, table=True):
    """A person. Addresses are normalised and judged when written, so that counting is one query.

    `email` is lower case, `mobile_e164` begins with "+"; a problem says why an address is not usable.
    `search_text` is filled in whenever a contact is written as an object; statements that write rows bring their own.
    """

    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint("email IS NULL OR email = lower(email)", name="email_lower"),
        CheckConstraint("mobile_e164 IS NULL OR substr(mobile_e164, 1, 1) = '+'", name="mobile_e164"),
        Index("ix_contact_email", "email"),
        Index("ix_contact_mobile_e164", "mobile_e164"),
        # With the id, by which pages of people of one name follow each other.
        Index("ix_contact_name", "last_name", "first_name", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    first_name: str = Field(default="", max_length=80)
    last_name: str = Field(default="", max_length=80)
    hebrew_first_name: str = Field(default="", max_length=80)
    email: str | None = Field(default=None, max_length=254)
    email_problem: AddressProblem | None = enum_field(AddressProblem, nullable=True, name="email_problem")
    mobile_e164: str | None = Field(default=None, max_length=20)
    mobile_problem: AddressProblem | None = enum_field(AddressProblem, nullable=True, name="mobile_problem")
    language: str = Field(default="fr", max_length=8)
    birth_date: date | None = None
    is_deceased: bool = False
    household_id: int | None = Field(default=None, foreign_key="household.id", index=True, ondelete="SET NULL")
    search_text: str = Field(default="", max_length=SEARCH_LENGTH, sa_column_kwargs={"server_default": text("''")})
    created_at: datetime = created_field()
    updated_at: datetime = created_field()
    deleted_at: datetime | None = None


@event.listens_for(Contact, "before_insert")
@event.listens_for(Contact, "before_update")
def _fill_search_text(_mapper: object, _connection: object, contact: Contact) -> None:
    contact.search_text = searched_text(
        contact.first_name, contact.last_name, contact.hebrew_first_name, contact.email, contact.mobile_e164
    )


class Category(Table, table=True):
    """A named, coloured group of contacts. `colour` is a Radix scale name."""

    __tablename__ = "category"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, unique=True)
    colour: str = Field(default="slate", max_length=16)


class ContactCategory(Table, table=True):
    """Membership of a contact in a category."""

    __tablename__ = "contact_category"
    __table_args__ = (Index("ix_contact_category_contact_id", "contact_id"),)

    category_id: int = Field(foreign_key="category.id", primary_key=True, ondelete="CASCADE")
    contact_id: int = Field(foreign_key="contact.id", primary_key=True, ondelete="CASCADE")


class OptOut(Table, table=True):
    """An address that wants no more messages on a medium.

    Kept by address and not by contact: it outlives the contact, and holds for whoever has the address next.
    """

    __tablename__ = "opt_out"

    medium: Medium = enum_field(Medium, primary_key=True)
    address: str = Field(max_length=254, primary_key=True)
    source: str = Field(max_length=32)
    created_at: datetime = created_field()
