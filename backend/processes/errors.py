"""What keeps the product from starting."""

from __future__ import annotations

from backend.errors import AppError


class StartError(AppError):
    """One sentence for the person at the terminal, saying what to do."""

    code = "start_failed"
