"""What the address bar says, as the browser knows it.

A tab's state is that of the page before until a handler has run. What belongs to one campaign is drawn only while the
state is about the one in the address; until then the page is loading.
"""

from __future__ import annotations

import reflex as rx
from reflex.utils.imports import ImportVar
from reflex.vars.base import VarData

_SEARCH = VarData(
    imports={"react-router": [ImportVar(tag="useLocation")]},
    hooks={"const { search: addressSearch } = useLocation();": None},
)


def in_address(name: str) -> rx.Var[str]:
    """A parameter of the query, "" without it. Whatever shows it is drawn anew when the address changes."""
    # The last one that is not empty, as the state reads an address.
    read = f"(new URLSearchParams(addressSearch).getAll('{name}').filter(Boolean).at(-1) ?? '')"
    return rx.Var(read, _var_type=str, _var_data=_SEARCH)


def status_for(place: rx.Var[str], wanted: rx.Var[str] | str, status: rx.Var[str]) -> rx.Var[str]:
    """`status` of a state that is about `place`; "loading" where the address wants another."""
    return rx.cond(place == wanted, status, "loading")
