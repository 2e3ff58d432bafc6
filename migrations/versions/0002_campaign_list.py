"""The list of campaigns: totals of its tabs, orders it is shown in, a search index, and the trash.

The generated columns, triggers and the search index are known to this file only. Whoever rebuilds the table
`campaign` on SQLite (alembic's batch mode) has to make its triggers again.
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlalchemy.exc
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

_LISTED = sa.text('deleted_at IS NULL')
_DELETED = sa.text('deleted_at IS NOT NULL')
_DELETED_DRAFT = sa.text("deleted_at IS NOT NULL AND status = 'INIT'")

# As `domain.deliverability` counts, in ten-thousandths; nothing to count comes last, in either direction.
_SUCCESS = 'CAST(sent_count AS BIGINT) + delivered_count + read_count'
_TOTAL = f'{_SUCCESS} + pending_count + claimed_count + accepted_count + unknown_count + failed_count'
_SHARE = f'CASE WHEN {_TOTAL} > 0 THEN CAST(({_SUCCESS}) * 10000 / ({_TOTAL}) AS INTEGER) ELSE %d END'
_SORT_COLUMNS = {'sort_share_falling': -1, 'sort_share_rising': 20000}
# All of them are read backwards: the newest comes first among equals, whatever the direction.
_SORT_INDEXES = {
    'sort_targets_falling': 'targets_count',
    'sort_targets_rising': 'targets_count DESC',
    'sort_share_falling_index': 'sort_share_falling',
    'sort_share_rising_index': 'sort_share_rising DESC',
}

_SQLITE_TOTALS = {
    'campaign_totals_insert': '''AFTER INSERT ON campaign WHEN NEW.deleted_at IS NULL BEGIN
        UPDATE campaign_totals SET draft = draft + (NEW.status = 'INIT'), validated = validated + (NEW.status <> 'INIT');
    END''',
    'campaign_totals_update': '''AFTER UPDATE OF status, deleted_at ON campaign BEGIN
        UPDATE campaign_totals SET
            draft = draft + (NEW.status = 'INIT' AND NEW.deleted_at IS NULL)
                - (OLD.status = 'INIT' AND OLD.deleted_at IS NULL),
            validated = validated + (NEW.status <> 'INIT' AND NEW.deleted_at IS NULL)
                - (OLD.status <> 'INIT' AND OLD.deleted_at IS NULL);
    END''',
    'campaign_totals_delete': '''AFTER DELETE ON campaign WHEN OLD.deleted_at IS NULL BEGIN
        UPDATE campaign_totals SET draft = draft - (OLD.status = 'INIT'), validated = validated - (OLD.status <> 'INIT');
    END''',
}
# The status ends the text, as three characters that are in no text: an index entry like any other.
_FOUND = "{0}.search_text || CASE {0}.status WHEN 'INIT' THEN char(2, 2, 3) ELSE char(2, 3, 3) END"
_SQLITE_SEARCH = {
    'campaign_search_insert': f'''AFTER INSERT ON campaign WHEN NEW.deleted_at IS NULL BEGIN
        INSERT INTO campaign_search (rowid, found) VALUES (NEW.id, {_FOUND.format('NEW')});
    END''',
    'campaign_search_update': f'''AFTER UPDATE OF search_text, status, deleted_at ON campaign
        WHEN NEW.search_text <> OLD.search_text OR NEW.status <> OLD.status
            OR (NEW.deleted_at IS NULL) <> (OLD.deleted_at IS NULL) BEGIN
        DELETE FROM campaign_search WHERE rowid = OLD.id;
        INSERT INTO campaign_search (rowid, found)
            SELECT NEW.id, {_FOUND.format('NEW')} WHERE NEW.deleted_at IS NULL;
    END''',
    'campaign_search_delete': '''AFTER DELETE ON campaign BEGIN
        DELETE FROM campaign_search WHERE rowid = OLD.id;
    END''',
}
_SQLITE_TRIGGERS = _SQLITE_TOTALS | _SQLITE_SEARCH

# Deferred: the row of the totals is locked for the moment of the commit only, and last of all rows.
_POSTGRESQL_TOTALS = (
    '''CREATE FUNCTION campaign_totals_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
    END $$''',
    '''CREATE CONSTRAINT TRIGGER campaign_totals AFTER INSERT OR DELETE OR UPDATE OF status, deleted_at ON campaign
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION campaign_totals_change()''',
)


def upgrade() -> None:
    op.create_table('campaign_totals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('draft', sa.Integer(), nullable=False),
    sa.Column('validated', sa.Integer(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_campaign_totals_single_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_totals'))
    )
    op.drop_index('ix_campaign_list', table_name='campaign')
    _index('ix_campaign_list', ['created_at', 'id', 'status', 'deleted_at'], _LISTED)
    _index('ix_campaign_tab', ['status', 'created_at', 'id', 'deleted_at'], _LISTED)
    _index('ix_campaign_trash', ['deleted_at', 'id'], _DELETED)
    _index('ix_campaign_erasable', ['deleted_at'], _DELETED_DRAFT)
    _add_orders()
    _run("""INSERT INTO campaign_totals (id, draft, validated) SELECT 1,
        (SELECT count(*) FROM campaign WHERE deleted_at IS NULL AND status = 'INIT'),
        (SELECT count(*) FROM campaign WHERE deleted_at IS NULL AND status <> 'INIT')""")
    if _is_sqlite():
        _upgrade_sqlite()
    else:
        _upgrade_postgresql()


def downgrade() -> None:
    if _is_sqlite():
        for name in _SQLITE_TRIGGERS:
            _run(f'DROP TRIGGER {name}')
        _run('DROP TABLE campaign_search')
    else:
        # The extension stays: something else may use it.
        _run('DROP INDEX IF EXISTS campaign_search_trigrams')
        _run('DROP INDEX campaign_search_texts')
        _run('DROP TRIGGER campaign_totals ON campaign')
        _run('DROP FUNCTION campaign_totals_change')
    for name in _SORT_INDEXES:
        _run(f'DROP INDEX {name}')
    for name in _SORT_COLUMNS:
        _run(f'ALTER TABLE campaign DROP COLUMN {name}')
    for name in ('ix_campaign_erasable', 'ix_campaign_trash', 'ix_campaign_tab', 'ix_campaign_list'):
        op.drop_index(name, table_name='campaign')
    _index('ix_campaign_list', ['created_at', 'id'], _LISTED)
    op.drop_table('campaign_totals')


def _add_orders() -> None:
    kind = 'VIRTUAL' if _is_sqlite() else 'STORED'
    for name, nothing in _SORT_COLUMNS.items():
        _run(f'ALTER TABLE campaign ADD COLUMN {name} INTEGER GENERATED ALWAYS AS ({_SHARE % nothing}) {kind}')
    for name, first in _SORT_INDEXES.items():
        _run(f'CREATE INDEX {name} ON campaign ({first}, created_at, id, status, deleted_at) WHERE deleted_at IS NULL')


def _upgrade_sqlite() -> None:
    # It holds the listed campaigns only, with a copy of the text: a few dozen bytes each.
    _run("CREATE VIRTUAL TABLE campaign_search USING fts5(found, tokenize = 'trigram case_sensitive 1')")
    _run(f"""INSERT INTO campaign_search (rowid, found)
        SELECT id, {_FOUND.format('campaign')} FROM campaign WHERE deleted_at IS NULL""")
    for name, body in _SQLITE_TRIGGERS.items():
        _run(f'CREATE TRIGGER {name} {body}')


def _upgrade_postgresql() -> None:
    for statement in _POSTGRESQL_TOTALS:
        _run(statement)
    # Texts beside their order: a search that finds many, or for a word too short for trigrams, reads no rows for it.
    _run("""CREATE INDEX campaign_search_texts ON campaign (created_at, id)
        INCLUDE (status, deleted_at, search_text) WHERE deleted_at IS NULL""")
    try:
        with op.get_bind().begin_nested():
            _run('CREATE EXTENSION IF NOT EXISTS pg_trgm')
    except sqlalchemy.exc.DBAPIError:
        return  # not installed, or not allowed: the search reads every campaign instead
    _run("""CREATE INDEX campaign_search_trigrams ON campaign USING gin (search_text gin_trgm_ops)
        WHERE deleted_at IS NULL""")


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, 'campaign', columns, unique=False, sqlite_where=where, postgresql_where=where)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == 'sqlite'


def _run(statement: str) -> None:
    op.get_bind().exec_driver_sql(statement)
