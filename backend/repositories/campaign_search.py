"""The SQL of the search of the list: texts are read in narrow rows, newest first, or found by their trigrams.

`campaign_search`, `campaign_search_row`: what the migrations of the list made, each database in its own way.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
)
from sqlmodel import Session

from backend.database import is_postgresql
from backend.domain.campaign_list import MOST_COUNTED, TabCounts
from backend.domain.search import is_indexed
from backend.domain.statuses import CampaignStatus
from backend.models import Campaign, table_of

_MOST_LOOKED_AT = 2_000
_PROBED = 256
_MANY_OF_PROBED = _PROBED // 4
"""A search that finds so many of the newest texts is counted in texts; one that finds fewer, by trigrams."""

_READ_FOR_EACH = 8
"""So many texts are read at most for each result that is counted. Where they do not hold enough, trigrams count."""

_ENDING = {CampaignStatus.INIT: "\x02\x02\x03", CampaignStatus.VALIDATE: "\x02\x03\x03"}
"""What follows each text in SQLite's index."""

# Literals, so that the databases can use the partial indexes.
STATUS = {status: literal_column(f"'{status}'") for status in CampaignStatus}
_campaign = table_of(Campaign)
_newest = _campaign.alias("newest")
_trigrams = table("campaign_search", column("rowid", Integer), column("found"))
_row = table("campaign_search_row", column("id", Integer), *map(column, ("status", "created_at", "search_text")))
_ONE = literal_column("1")
_Conditions = list[Any]

# SQLite would copy the rows of a subquery with a limit; the last of the newest ones is found by their number.
_FROM_LAST = text("""(newest.created_at, newest.id) >= (SELECT c.created_at, c.id FROM campaign AS c
    WHERE c.deleted_at IS NULL ORDER BY c.created_at DESC, c.id DESC LIMIT 1
    OFFSET max(min(:looked_at, (SELECT draft + validated FROM campaign_totals)) - 1, 0))""")

# The right plan depends on how many texts hold the words, and a plan that is kept for any words does not know it.
_PLAN_FOR_WORDS = text("SET LOCAL plan_cache_mode = force_custom_plan")


def count(session: Session, words: list[str]) -> TabCounts:
    """How many listed campaigns hold every word, in each tab; `MOST_COUNTED` at most.

    On PostgreSQL every statement that follows in the transaction is planned for its own words.
    """
    indexed, short = _by_index(words)
    number = (len(indexed), len(short))
    if is_postgresql(session):
        session.execute(_PLAN_FOR_WORDS)
    source = _row if is_postgresql(session) else _campaign
    statement = _counting(source, *number, MOST_COUNTED + 1) if indexed else _counting_newest(session, len(short))
    row = session.execute(statement, _values(indexed, short)).one()
    draft, validated = (min(number or 0, MOST_COUNTED) for number in row)
    return TabCounts(draft, validated, bounded=max(row.draft or 0, row.validated or 0) > MOST_COUNTED or not indexed)


def is_crowded(session: Session, words: list[str], total: int) -> bool:
    """Whether a page is found sooner by going through the texts in order; PostgreSQL sees that by itself."""
    return total >= MOST_COUNTED and not is_postgresql(session) and any(map(is_indexed, words))


def found(session: Session, words: list[str], *, is_crowded: bool = False) -> tuple[FromClause, _Conditions]:
    """Where the listed campaigns that hold every word are read (`id`, `status`, `created_at`), and by what."""
    if not any(map(is_indexed, words)):
        source, newest = _newest_texts(session)
        return source, [*newest, *_contains(source, words)]
    if is_postgresql(session):
        return _row, _contains(_row, words)
    holds = _contains(_campaign, words) if is_crowded else [_campaign.c.id.in_(_by_trigrams(words))]
    return _campaign, [*_listed(_campaign), *holds]


def newest_first(source: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The order of the list by itself."""
    return source.c.created_at.desc(), source.c.id.desc()


def oldest_first(source: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The list the other way round."""
    return source.c.created_at.asc(), source.c.id.asc()


def _newest_texts(session: Session) -> tuple[FromClause, _Conditions]:
    """Where the newest texts are read, and by what: nothing else leads to a word too short for trigrams."""
    if not is_postgresql(session):
        return _newest, [*_listed(_newest), _FROM_LAST.bindparams(looked_at=_MOST_LOOKED_AT)]
    newest = select(_row.c.id, _row.c.status, _row.c.created_at, _row.c.search_text).order_by(*newest_first(_row))
    return newest.limit(_MOST_LOOKED_AT).subquery("newest"), []


def _listed(source: FromClause) -> _Conditions:
    """Rows of the search are of listed campaigns only."""
    return [] if source is _row else [source.c.deleted_at.is_(None)]


def _contains(source: FromClause, words: list[str]) -> _Conditions:
    """`autoescape`: % and _ stand for themselves."""
    return [source.c.search_text.contains(word, autoescape=True) for word in words]


def _by_trigrams(words: list[str]) -> Select[int]:
    """What SQLite's index finds. Words too short for it are looked for in the texts that it found."""
    indexed, short = _by_index(words)
    query = select(_trigrams.c.rowid).where(literal_column("campaign_search").op("MATCH")(_phrases(indexed)))
    return query.where(*(_trigrams.c.found.contains(word, autoescape=True) for word in short))


def _by_index(words: list[str]) -> tuple[list[str], list[str]]:
    return [word for word in words if is_indexed(word)], [word for word in words if not is_indexed(word)]


def _phrases(words: Sequence[str]) -> str:
    """Each word as a phrase, in which a quote is written twice."""
    return " AND ".join('"' + word.replace('"', '""') + '"' for word in words)


# --- Counting. Statements are built once for each number of words: building one takes longer than a search.


def _values(indexed: list[str], short: list[str]) -> dict[str, Any]:
    words = {f"word_{place}": _pattern(word) for place, word in enumerate([*indexed, *short])}
    return words | {f"match_{status}": _phrases([*indexed, ending]) for status, ending in _ENDING.items()}


def _pattern(word: str) -> str:
    for character in "/%_":
        word = word.replace(character, f"/{character}")
    return f"%{word}%"


def _holds(texts: ColumnElement[str], places: range) -> _Conditions:
    return [texts.like(bindparam(f"word_{place}"), escape="/") for place in places]


def _counting_newest(session: Session, words: int) -> Select[*tuple[Any, ...]]:
    source, newest = _newest_texts(session)
    counts = (func.sum(case((source.c.status == STATUS[status], 1), else_=0)) for status in CampaignStatus)
    return _labelled(*counts).where(*newest, *_holds(source.c.search_text, range(words)))


@lru_cache(maxsize=64)
def _counting(source: FromClause, indexed: int, short: int, most: int) -> Select[*tuple[Any, ...]]:
    """Trigrams are slow where many texts have them: then the newest texts are read, if they hold enough."""
    places = range(indexed + short)
    newest = select(source.c.search_text).where(*_listed(source)).order_by(*newest_first(source))
    probe = newest.limit(_PROBED).subquery()
    finds_many = _number(select(_ONE).where(*_holds(probe.c.search_text, places))) >= _MANY_OF_PROBED
    counts = []
    for status in CampaignStatus:
        read = _read_rows if source is _row else _read_index
        in_texts = _number(read(STATUS[status], places, most).limit(most))
        by_trigrams = _number(_found_by_trigrams(source, status, places, indexed).limit(most))
        counts.append(case((and_(finds_many, in_texts == most), literal(most)), else_=by_trigrams))
    return _labelled(*counts)


def _read_rows(status: ColumnElement[Any], places: range, most: int) -> Select[Any]:
    """On PostgreSQL: for what stands behind a limit, the plan cannot be another one."""
    newest = select(_row.c.search_text).where(_row.c.status == status).order_by(*newest_first(_row))
    looked_at = newest.limit(most * _READ_FOR_EACH).subquery()
    return select(_ONE).where(*_holds(looked_at.c.search_text, places))


def _read_index(status: ColumnElement[Any], places: range, most: int) -> Select[Any]:
    """On SQLite. Ids grow with time: those of the newest campaigns keep it from reading all texts in vain."""
    newest_ids = select(func.max(_newest.c.id) - 2 * most * _READ_FOR_EACH).scalar_subquery()
    older = select(_newest.c.created_at).where(_newest.c.id <= newest_ids, *_listed(_newest))
    since = func.coalesce(older.order_by(_newest.c.id.desc()).limit(1).scalar_subquery(), literal_column("''"))
    recent = select(_ONE).where(*_listed(_campaign), _campaign.c.status == status, _campaign.c.created_at >= since)
    return recent.where(*_holds(_campaign.c.search_text, places)).order_by(*newest_first(_campaign))


def _found_by_trigrams(source: FromClause, status: CampaignStatus, places: range, indexed: int) -> Select[Any]:
    if source is _row:
        return select(_ONE).where(*_holds(_row.c.search_text, places), _row.c.status == STATUS[status])
    matching = literal_column("campaign_search").op("MATCH")(bindparam(f"match_{status}"))
    return select(_ONE).select_from(_trigrams).where(matching, *_holds(_trigrams.c.found, places[indexed:]))


def _labelled(*counts: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    draft, validated = counts
    return select(draft.label("draft"), validated.label("validated"))


def _number(rows: Select[Any]) -> ScalarSelect[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()
