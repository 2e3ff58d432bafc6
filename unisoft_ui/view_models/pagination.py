"""The line under a table: which rows these are, and the way to the others."""

from __future__ import annotations

from dataclasses import dataclass, field

from unisoft_ui.texts import campaigns as texts
from unisoft_ui.texts import number

_GAP = 0


@dataclass(frozen=True)
class PageLink:
    """One number; `number` 0 is a gap."""

    number: int
    label: str
    spoken: str
    current: bool


@dataclass(frozen=True)
class Pagination:
    """`previous` and `following` are page numbers, 0 when there is none."""

    shown: str = ""
    links: list[PageLink] = field(default_factory=list)
    previous: int = 0
    following: int = 0


def pagination(page: int, page_size: int, total: int, of: str = "") -> Pagination:
    """For `total` rows, which may be called something else in words (`of`); `page` counts from 1."""
    if not total:
        return Pagination()
    last = -(-total // page_size)
    first_row = (page - 1) * page_size + 1
    shown = texts.range_shown(number(first_row), number(min(page * page_size, total)), of or number(total))
    links = [_link(candidate, page) for candidate in _numbers(page, last)]
    return Pagination(shown, links, page - 1, page + 1 if page < last else 0)


def _link(candidate: int, page: int) -> PageLink:
    if candidate == _GAP:
        return PageLink(_GAP, "…", "", current=False)
    return PageLink(candidate, number(candidate), texts.page(candidate), candidate == page)


def _numbers(page: int, last: int) -> list[int]:
    """The first, the last and the neighbours; a gap stands for two numbers or more."""
    if last <= 7:
        return list(range(1, last + 1))
    kept = sorted({1, page - 1, page, page + 1, last} & set(range(1, last + 1)))
    numbers: list[int] = []
    for candidate in kept:
        if numbers and candidate - numbers[-1] == 2:
            numbers.append(candidate - 1)
        elif numbers and candidate - numbers[-1] > 2:
            numbers.append(_GAP)
        numbers.append(candidate)
    return numbers
