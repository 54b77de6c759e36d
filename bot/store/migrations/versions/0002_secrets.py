"""Queued calls are kept encrypted: text instead of JSON"""

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('outgoing', schema=None) as batch_op:
        batch_op.alter_column('params', existing_type=sa.JSON(), type_=sa.Text(), existing_nullable=True, postgresql_using='params::text')


def downgrade() -> None:
    with op.batch_alter_table('outgoing', schema=None) as batch_op:
        batch_op.alter_column('params', existing_type=sa.Text(), type_=sa.JSON(), existing_nullable=True, postgresql_using='params::json')
