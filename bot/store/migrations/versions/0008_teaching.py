"""The consent to learn from what was not understood, and the sentences"""

import sqlalchemy as sa
from alembic import op

from bot.store.secrecy import Secret
from bot.store.tables import UtcDateTime


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('residents', sa.Column('teaching_consented_at', UtcDateTime(timezone=True), nullable=True))
    op.add_column('residents', sa.Column('teaching_version', sa.String(), nullable=True))
    op.add_column('residents', sa.Column('teaching_told_at', UtcDateTime(timezone=True), nullable=True))
    op.create_table('taught_sentences',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('resident_id', sa.Integer(), nullable=False),
    sa.Column('words', Secret(), nullable=False),
    sa.Column('heard_at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['resident_id'], ['residents.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_taught_sentences_resident_id', 'taught_sentences', ['resident_id'])
