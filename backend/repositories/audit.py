"""The audit trail."""

from __future__ import annotations

import json

from sqlmodel import Session

from backend.models import AuditEntry


def record(
    session: Session,
    action: str,
    subject: str,
    subject_id: int | None,
    *,
    user_id: int | None,
    actor: str,
    **details: object,
) -> None:
    """Append an entry. `details` must hold no address and no secret."""
    session.add(
        AuditEntry(
            action=action,
            subject=subject,
            subject_id=subject_id,
            user_id=user_id,
            actor=actor,
            details=json.dumps(details, default=str, ensure_ascii=False),
        )
    )
