"""Tie a copy to the document that it was made of; number what comes in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: SQLite would drop the table, which others refer to.
    op.add_column("documents", sa.Column("original_id", sa.Uuid(), nullable=True))
    op.add_column("documents", sa.Column("original_digest", sa.String(length=64), nullable=True))
    op.add_column("documents", sa.Column("arrival_number", sa.Integer(), nullable=True))
    op.add_column("documents", sa.Column("arrived_on", sa.Date(), nullable=True))
    op.create_index(op.f("ix_documents_original_id"), "documents", ["original_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_documents_original_id"), table_name="documents")
    op.drop_column("documents", "arrived_on")
    op.drop_column("documents", "arrival_number")
    op.drop_column("documents", "original_digest")
    op.drop_column("documents", "original_id")
