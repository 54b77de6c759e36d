"""The life of a handoff: more states and facts, what is said in it, duty, blocks, volunteers"""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import UtcDateTime


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

OPEN_BEFORE = sa.text("state IN ('requested', 'claimed')")
OPEN = sa.text("state IN ('requested', 'waiting', 'claimed', 'active')")
# What a move was, by the state that it led to: before this there was one for each.
MOVE = """
    CASE WHEN after = 'requested' AND before IS NOT NULL THEN 'release'
         WHEN after = 'claimed' THEN 'claim'
         WHEN after = 'ended' THEN 'end'
         WHEN after = 'cancelled' THEN 'cancel'
         ELSE 'request' END
"""
NUMBER = """
    (SELECT count(*) FROM handoff_moves AS earlier
     WHERE earlier.handoff_id = handoff_moves.handoff_id AND earlier.id <= handoff_moves.id)
"""
LAST = "(SELECT count(*) FROM handoff_moves WHERE handoff_moves.handoff_id = handoffs.id)"


def upgrade() -> None:
    op.create_table('duty_shifts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('moderator_id', sa.BigInteger(), nullable=False),
    sa.Column('moderator_name', sa.String(), nullable=False),
    sa.Column('starts_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('duty_shifts') as batch_op:
        batch_op.create_index('ix_duty_shifts_ends_at', ['ends_at'])
        batch_op.create_index('ix_duty_shifts_moderator_id', ['moderator_id'])

    op.create_table('moderator_groups',
    sa.Column('configured_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('chat_id', sa.BigInteger(), nullable=False),
    sa.Column('is_forum', sa.Boolean(), nullable=False),
    sa.Column('trouble', sa.String(), nullable=True),
    sa.Column('noticed_at', UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('configured_id')
    )
    op.create_table('blocks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('moderator_id', sa.BigInteger(), nullable=False),
    sa.Column('moderator_name', sa.String(), nullable=False),
    sa.Column('blocked_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('until', UtcDateTime(timezone=True), nullable=False),
    sa.Column('lifted_at', UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('blocks') as batch_op:
        batch_op.create_index('ix_blocks_resident_id', ['resident_id'])

    op.create_table('volunteers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('answers', sa.Text(), nullable=False),
    sa.Column('offered_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('reviewer_id', sa.BigInteger(), nullable=True),
    sa.Column('reviewer_name', sa.String(), nullable=True),
    sa.Column('reviewed_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('told_at', UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('volunteers') as batch_op:
        batch_op.create_index('ix_volunteers_resident_id', ['resident_id'])
        batch_op.create_index('ix_volunteers_state', ['state'])

    op.create_table('handoff_messages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handoff_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('author', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=True),
    sa.Column('surface', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('file', sa.Text(), nullable=True),
    sa.Column('answers', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('error', sa.String(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('said_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('edited_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('deleted_at', UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['answers'], ['handoff_messages.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['handoff_id'], ['handoffs.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('handoff_messages') as batch_op:
        batch_op.create_index('handoff_messages_number', ['handoff_id', 'number'], unique=True)
        batch_op.create_index('ix_handoff_messages_answers', ['answers'])
        batch_op.create_index('ix_handoff_messages_state', ['state'])

    op.create_table('handoff_notes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handoff_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('moderator_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('noted_at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['handoff_id'], ['handoffs.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('handoff_notes') as batch_op:
        batch_op.create_index('ix_handoff_notes_handoff_id', ['handoff_id'])

    op.create_table('handoff_reads',
    sa.Column('handoff_id', sa.Integer(), nullable=False),
    sa.Column('moderator_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('read_at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['handoff_id'], ['handoffs.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('handoff_id', 'moderator_id')
    )
    op.create_table('handoff_copies',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handoff_id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('chat_id', sa.BigInteger(), nullable=False),
    sa.Column('telegram_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['handoff_id'], ['handoffs.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['message_id'], ['handoff_messages.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('handoff_copies') as batch_op:
        batch_op.create_index('handoff_copies_telegram', ['chat_id', 'telegram_id'])
        batch_op.create_index('ix_handoff_copies_handoff_id', ['handoff_id'])
        batch_op.create_index('ix_handoff_copies_message_id', ['message_id'])

    op.create_table('handoff_versions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('until', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['handoff_messages.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('handoff_versions') as batch_op:
        batch_op.create_index('ix_handoff_versions_message_id', ['message_id'])

    with op.batch_alter_table('handoff_moves') as batch_op:
        batch_op.add_column(sa.Column('number', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('move', sa.String(), nullable=False, server_default='request'))
        batch_op.add_column(sa.Column('name', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('holder', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('reason', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('told_at', UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_handoff_moves_told_at', ['told_at'])

    with op.batch_alter_table('handoffs') as batch_op:
        batch_op.add_column(sa.Column('last_number', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('reminded_at', UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('escalated_at', UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('answered_at', UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('unanswered_since', UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('heard_at', UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('feedback_asked_at', UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('feedback_words', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('outcome', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('closing_note', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('follow_up_at', UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('followed_up_at', UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_handoffs_follow_up_at', ['follow_up_at'])

    with op.batch_alter_table('outgoing') as batch_op:
        batch_op.add_column(sa.Column('said_id', sa.Integer(), nullable=True))
        batch_op.create_index('ix_outgoing_said_id', ['said_id'])
        batch_op.create_foreign_key('outgoing_said', 'handoff_messages', ['said_id'], ['id'], ondelete='SET NULL')
    op.drop_index('handoffs_open', 'handoffs')
    op.create_index('handoffs_open', 'handoffs', ['resident_id'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.execute(f'UPDATE handoff_moves SET move = {MOVE}, number = {NUMBER}, told_at = moved_at')  # noqa: S608
    op.execute(f'UPDATE handoffs SET last_number = {LAST}')  # noqa: S608


def downgrade() -> None:
    op.execute("UPDATE handoffs SET state = 'requested' WHERE state = 'waiting'")
    op.execute("UPDATE handoffs SET state = 'claimed' WHERE state = 'active'")
    op.drop_index('handoffs_open', 'handoffs')
    op.create_index('handoffs_open', 'handoffs', ['resident_id'], unique=True, sqlite_where=OPEN_BEFORE, postgresql_where=OPEN_BEFORE)
    with op.batch_alter_table('outgoing') as batch_op:
        batch_op.drop_constraint('outgoing_said', type_='foreignkey')
        batch_op.drop_index('ix_outgoing_said_id')
        batch_op.drop_column('said_id')
    with op.batch_alter_table('handoffs') as batch_op:
        batch_op.drop_index('ix_handoffs_follow_up_at')
    for column in ('last_number', 'reminded_at', 'escalated_at', 'answered_at', 'unanswered_since', 'heard_at', 'feedback_asked_at',
                   'feedback_words', 'outcome', 'closing_note', 'follow_up_at', 'followed_up_at'):
        op.drop_column('handoffs', column)
    op.drop_index('ix_handoff_moves_told_at', 'handoff_moves')
    for column in ('number', 'move', 'name', 'holder', 'reason', 'told_at'):
        op.drop_column('handoff_moves', column)
    for table in ('handoff_versions', 'handoff_copies', 'handoff_reads', 'handoff_notes', 'handoff_messages', 'volunteers', 'blocks',
                  'moderator_groups', 'duty_shifts'):
        op.drop_table(table)
