"""Activities: more fields, a search index, sources, and what residents did with them"""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import UtcDateTime


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

EMPTY_LIST = sa.text("'[]'")


def upgrade() -> None:
    with op.batch_alter_table('activities') as activities:
        activities.drop_index('activities_place')
        activities.add_column(sa.Column('meant_for', sa.JSON(), nullable=False, server_default=EMPTY_LIST))
        activities.add_column(sa.Column('proposed_needs', sa.JSON(), nullable=False, server_default=EMPTY_LIST))
        activities.add_column(sa.Column('hearing_loop', sa.Boolean(), nullable=True))
        activities.add_column(sa.Column('booking', sa.JSON(), nullable=True))
        activities.add_column(sa.Column('link', sa.String(), nullable=True))
        activities.add_column(sa.Column('licence', sa.String(), nullable=True))
        activities.add_column(sa.Column('attribution', sa.String(), nullable=True))
        activities.add_column(sa.Column('digest', sa.String(), nullable=True))
        activities.add_column(sa.Column('edited', sa.JSON(), nullable=False, server_default=EMPTY_LIST))
        activities.add_column(sa.Column('ratings', sa.Integer(), nullable=False, server_default='0'))
        activities.add_column(sa.Column('rating_sum', sa.Integer(), nullable=False, server_default='0'))
        activities.add_column(sa.Column('duplicate_of', sa.Integer(), nullable=True))
        activities.add_column(sa.Column('gone_at', UtcDateTime(timezone=True), nullable=True))
        activities.create_index('ix_activities_checked_at', ['checked_at'])
    with op.batch_alter_table('resident_activities') as marks:
        marks.add_column(sa.Column('why', sa.String(), nullable=True))
        marks.add_column(sa.Column('starts_at', UtcDateTime(timezone=True), nullable=True))
        marks.add_column(sa.Column('remind_at', UtcDateTime(timezone=True), nullable=True))
        marks.add_column(sa.Column('ask_at', UtcDateTime(timezone=True), nullable=True))
        marks.add_column(sa.Column('went', sa.Boolean(), nullable=True))
        marks.add_column(sa.Column('rating', sa.Integer(), nullable=True))
        marks.create_index('ix_resident_activities_remind_at', ['remind_at'])
        marks.create_index('ix_resident_activities_ask_at', ['ask_at'])
    op.create_table('activity_search',
    sa.Column('term', sa.String(), nullable=False),
    sa.Column('area', sa.String(), nullable=False),
    sa.Column('soonest', sa.BigInteger(), nullable=False),
    sa.Column('activity_id', sa.Integer(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('facts', sa.Integer(), nullable=False),
    sa.Column('slots', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['activity_id'], ['activities.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('term', 'area', 'soonest', 'activity_id'),
    sqlite_with_rowid=False,
    )
    op.create_index('ix_activity_search_activity_id', 'activity_search', ['activity_id'])
    op.create_table('activity_sources',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('tried_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('done_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('name'),
    )
    op.create_table('unmet_searches',
    sa.Column('month', sa.String(), nullable=False),
    sa.Column('municipality', sa.String(), nullable=False),
    sa.Column('term', sa.String(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('month', 'municipality', 'term'),
    )


def downgrade() -> None:
    op.drop_table('unmet_searches')
    op.drop_table('activity_sources')
    op.drop_table('activity_search')
    with op.batch_alter_table('resident_activities') as marks:
        marks.drop_index('ix_resident_activities_ask_at')
        marks.drop_index('ix_resident_activities_remind_at')
        for column in ('why', 'starts_at', 'remind_at', 'ask_at', 'went', 'rating'):
            marks.drop_column(column)
    with op.batch_alter_table('activities') as activities:
        activities.drop_index('ix_activities_checked_at')
        for column in ('meant_for', 'proposed_needs', 'hearing_loop', 'booking', 'link', 'licence', 'attribution', 'digest',
                       'edited', 'ratings', 'rating_sum', 'duplicate_of', 'gone_at'):
            activities.drop_column(column)
        activities.create_index('activities_place', ['latitude', 'longitude'])
