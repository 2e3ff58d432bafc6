"""Who acts. Every service takes one and checks it: the interface's own checks are a courtesy."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.rights import Right, Role
from backend.errors import ForbiddenError


@dataclass(frozen=True, slots=True)
class ActingUser:
    """The signed-in user behind a call, as of now; read again at every call, never cached in a page."""

    id: int | None
    email: str
    name: str
    role: Role
    rights: frozenset[Right] = field(default_factory=frozenset)

    def may(self, right: Right) -> bool:
        """Whether this user may do what `right` names."""
        return self.role is Role.ADMINISTRATOR or right in self.rights

    def require(self, right: Right) -> None:
        """Raise `ForbiddenError` unless this user may."""
        if not self.may(right):
            raise ForbiddenError(right=right.value)


OPERATOR = ActingUser(None, "operator", "Operator", Role.ADMINISTRATOR)
"""Whoever runs a command on the machine itself."""
