"""Remember what CRL servers and OCSP responders answered."""

import sqlalchemy as sa
from alembic import op

from docsvc.db.base import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revocation_answers",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("this_update", Moment(), nullable=True),
        sa.Column("next_update", Moment(), nullable=True),
        sa.Column("fetched_at", Moment(), nullable=False),
        sa.Column("fresh_until", Moment(), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_revocation_answers")),
    )
    op.create_index(op.f("ix_revocation_answers_fetched_at"), "revocation_answers", ["fetched_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_revocation_answers_fetched_at"), table_name="revocation_answers")
    op.drop_table("revocation_answers")
