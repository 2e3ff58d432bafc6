"""The search of the list reads narrow rows: texts without the campaigns around them, and weeks to skip pages by.

Like 0002, all of this is known to migrations only. On PostgreSQL every change of a campaign's counters writes into
each index of its table anew, so what is searched has a table of its own there. SQLite leaves alone the indexes of
columns that do not change.
"""

from __future__ import annotations

import sqlalchemy.exc
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SQLITE_INDEXES = {
    "campaign_search_texts": "created_at, id, status, deleted_at, search_text",
    "campaign_search_tab_texts": "status, created_at, id, deleted_at, search_text",
}
_WEEK = """CREATE FUNCTION sort_week(moment timestamptz) RETURNS integer LANGUAGE sql STABLE AS
    $$ SELECT CAST(floor(extract(epoch FROM moment) / 604800) AS integer) $$"""

_SEARCH_CHANGE = """CREATE FUNCTION campaign_search_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            DELETE FROM campaign_search_row WHERE id = OLD.id;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.deleted_at IS NULL THEN
            INSERT INTO campaign_search_row VALUES (NEW.id, NEW.status, NEW.created_at, NEW.search_text);
        END IF;
        RETURN NULL;
    END $$"""
_IS_SEARCHED = "(OLD.id, OLD.status, OLD.created_at, OLD.search_text, OLD.deleted_at IS NULL)"
_SEARCH_TRIGGERS = (
    """CREATE TRIGGER campaign_search_made AFTER INSERT OR DELETE ON campaign
    FOR EACH ROW EXECUTE FUNCTION campaign_search_change()""",
    f"""CREATE TRIGGER campaign_search_changed
    AFTER UPDATE OF id, status, created_at, search_text, deleted_at ON campaign
    FOR EACH ROW WHEN ({_IS_SEARCHED} IS DISTINCT FROM {_IS_SEARCHED.replace("OLD", "NEW")})
    EXECUTE FUNCTION campaign_search_change()""",
)

# Whoever changes a week has locked the row of the totals before: weeks are never waited for in a circle.
_TOTALS_CHANGE = """CREATE OR REPLACE FUNCTION campaign_totals_change() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        drafts integer := 0;
        validated_ones integer := 0;
        was_draft integer := 0;
        was_validated integer := 0;
        is_draft integer := 0;
        is_validated integer := 0;
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.deleted_at IS NULL THEN
            IF OLD.status = 'INIT' THEN was_draft := 1; ELSE was_validated := 1; END IF;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.deleted_at IS NULL THEN
            IF NEW.status = 'INIT' THEN is_draft := 1; ELSE is_validated := 1; END IF;
        END IF;
        drafts := is_draft - was_draft;
        validated_ones := is_validated - was_validated;
        IF drafts <> 0 OR validated_ones <> 0 OR (is_draft + is_validated > 0 AND OLD.created_at <> NEW.created_at) THEN
            UPDATE campaign_totals SET draft = draft + drafts, validated = validated + validated_ones;
            IF was_draft + was_validated > 0 THEN
                UPDATE sort_weeks SET draft = draft - was_draft, validated = validated - was_validated
                WHERE week = sort_week(OLD.created_at);
            END IF;
            IF is_draft + is_validated > 0 THEN
                INSERT INTO sort_weeks AS w VALUES (sort_week(NEW.created_at), is_draft, is_validated)
                ON CONFLICT (week) DO UPDATE SET draft = w.draft + is_draft, validated = w.validated + is_validated;
            END IF;
        END IF;
        RETURN NULL;
    END $$"""
_OLD_TOTALS_CHANGE = """CREATE OR REPLACE FUNCTION campaign_totals_change() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        drafts integer := 0;
        validated_ones integer := 0;
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.deleted_at IS NULL THEN
            IF OLD.status = 'INIT' THEN drafts := drafts - 1; ELSE validated_ones := validated_ones - 1; END IF;
        END IF;
        IF TG_OP <> 'DELETE' AND NEW.deleted_at IS NULL THEN
            IF NEW.status = 'INIT' THEN drafts := drafts + 1; ELSE validated_ones := validated_ones + 1; END IF;
        END IF;
        IF drafts <> 0 OR validated_ones <> 0 THEN
            UPDATE campaign_totals SET draft = draft + drafts, validated = validated + validated_ones;
        END IF;
        RETURN NULL;
    END $$"""


def upgrade() -> None:
    if _is_sqlite():
        for name, columns in _SQLITE_INDEXES.items():
            _run(f"CREATE INDEX {name} ON campaign ({columns}) WHERE deleted_at IS NULL")
        return
    _run("LOCK TABLE campaign IN SHARE ROW EXCLUSIVE MODE")
    _drop_postgresql_search()
    _make_rows()
    _make_weeks()


def downgrade() -> None:
    if _is_sqlite():
        for name in _SQLITE_INDEXES:
            _run(f"DROP INDEX {name}")
        return
    _watch_totals(_OLD_TOTALS_CHANGE, "status, deleted_at")
    _run("DROP TABLE sort_weeks")
    _run("DROP FUNCTION sort_week")
    _run("DROP TRIGGER campaign_search_made ON campaign")
    _run("DROP TRIGGER campaign_search_changed ON campaign")
    _run("DROP FUNCTION campaign_search_change")
    _run("DROP TABLE campaign_search_row")
    _run("""CREATE INDEX campaign_search_texts ON campaign (created_at, id)
        INCLUDE (status, deleted_at, search_text) WHERE deleted_at IS NULL""")
    _index_trigrams("campaign_search_trigrams", "campaign", "WHERE deleted_at IS NULL")


def _drop_postgresql_search() -> None:
    _run("DROP INDEX IF EXISTS campaign_search_trigrams")
    _run("DROP INDEX campaign_search_texts")


def _make_rows() -> None:
    _run("""CREATE TABLE campaign_search_row (id integer PRIMARY KEY, status varchar NOT NULL,
        created_at timestamptz NOT NULL, search_text varchar NOT NULL)""")
    _run("""INSERT INTO campaign_search_row
        SELECT id, status, created_at, search_text FROM campaign WHERE deleted_at IS NULL ORDER BY created_at, id""")
    # Texts beside their order: a search that finds many, or for a word too short for trigrams, reads no rows for it.
    _run("CREATE INDEX campaign_search_dates ON campaign_search_row (created_at, id) INCLUDE (status, search_text)")
    _run("CREATE INDEX campaign_search_tabs ON campaign_search_row (status, created_at, id) INCLUDE (search_text)")
    _index_trigrams("campaign_search_row_trigrams", "campaign_search_row")
    _run("ANALYZE campaign_search_row")
    _run(_SEARCH_CHANGE)
    for trigger in _SEARCH_TRIGGERS:
        _run(trigger)


def _make_weeks() -> None:
    _run("CREATE TABLE sort_weeks (week integer PRIMARY KEY, draft integer NOT NULL, validated integer NOT NULL)")
    _run(_WEEK)
    _run("""INSERT INTO sort_weeks SELECT sort_week(created_at), count(*) FILTER (WHERE status = 'INIT'),
        count(*) FILTER (WHERE status <> 'INIT') FROM campaign WHERE deleted_at IS NULL GROUP BY 1""")
    _watch_totals(_TOTALS_CHANGE, "status, deleted_at, created_at")


def _watch_totals(function: str, columns: str) -> None:
    _run(function)
    _run("DROP TRIGGER campaign_totals ON campaign")
    _run(f"""CREATE CONSTRAINT TRIGGER campaign_totals AFTER INSERT OR DELETE OR UPDATE OF {columns} ON campaign
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION campaign_totals_change()""")


def _index_trigrams(name: str, table: str, where: str = "") -> None:
    try:
        with op.get_bind().begin_nested():
            _run("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sqlalchemy.exc.DBAPIError:
        return  # not installed, or not allowed: the search reads every text instead
    _run(f"CREATE INDEX {name} ON {table} USING gin (search_text gin_trgm_ops) {where}")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
