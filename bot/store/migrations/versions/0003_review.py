"""The version of what was agreed to; which assessments a moderator marked wrong"""

import sqlalchemy as sa
from alembic import op

import bot.store.tables


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('residents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('consent_version', sa.String(), nullable=True))
    with op.batch_alter_table('safety_assessments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('wrong_at', bot.store.tables.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('safety_assessments', schema=None) as batch_op:
        batch_op.drop_column('wrong_at')
    with op.batch_alter_table('residents', schema=None) as batch_op:
        batch_op.drop_column('consent_version')
