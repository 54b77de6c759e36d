"""Telegram ids are kept sealed: text where there were numbers; and which message an update is about

What is there in plain is sealed when the store is opened with its keys (bot/store/sealing.py).
"""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

SEALED = (('residents', 'telegram_id'), ('outgoing', 'chat_id'), ('handoff_copies', 'chat_id'))


def upgrade() -> None:
    op.add_column('updates', sa.Column('message_id', sa.BigInteger(), nullable=True))
    op.add_column('handoffs', sa.Column('topic_begun_at', sa.DateTime(timezone=True), nullable=True))
    # SQLite keeps text in any column.
    if op.get_bind().dialect.name != 'sqlite':
        for table, column in SEALED:
            op.alter_column(
                table, column, existing_type=sa.BigInteger(), type_=sa.String(),
                postgresql_using=f'{column}::varchar',
            )
