"""Why a human was asked for, and what was said with the bot before that"""

import sqlalchemy as sa
from alembic import op

from bot.store.secrecy import SecretJson


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('handoffs', sa.Column('reason', sa.String(), nullable=True))
    op.add_column('handoffs', sa.Column('told_before', SecretJson(), nullable=True))
