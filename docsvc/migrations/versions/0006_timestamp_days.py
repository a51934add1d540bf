"""Count what is asked of timestamp authorities."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "timestamp_days",
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "day", name=op.f("pk_timestamp_days")),
    )


def downgrade() -> None:
    op.drop_table("timestamp_days")
