"""What every table shares: a naming convention, enum columns kept as checked text, and UTC moments."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Column, Enum, MetaData
from sqlalchemy import Table as SqlTable
from sqlmodel import Field, SQLModel

from backend import clock

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """Base of every table of the product."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def enum_field(
    kind: type[StrEnum],
    default: StrEnum | None = None,
    *,
    nullable: bool = False,
    primary_key: bool = False,
    server_default: bool = False,
    name: str = "",
) -> Any:
    """A text column that the database keeps within the values of `kind`.

    `name` is that of its constraint: needed where a table has two columns of one kind. `server_default`: the database
    knows the default too, as of a column that was added to rows that were there.
    """
    column = Column(
        Enum(
            kind,
            native_enum=False,
            create_constraint=True,
            name=name or kind.__name__.lower(),
            length=32,
            values_callable=lambda members: [member.value for member in members],
        ),
        nullable=nullable,
        primary_key=primary_key,
        server_default=default.value if server_default and default else None,
    )
    return Field(default=default, sa_column=column)


def created_field() -> Any:
    """The moment the row was made."""
    return Field(default_factory=clock.now)


def table_of(model: type[Table]) -> SqlTable:
    """The SQL table of a model, for set-based statements."""
    return cast("SqlTable", model.__table__)  # pyright: ignore[reportAttributeAccessIssue]
