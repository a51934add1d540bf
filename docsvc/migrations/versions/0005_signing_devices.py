"""Keep signing devices, and what a mandate covers and stands on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_code", sa.String(length=35), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("lost_on", sa.Date(), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["certificates.fingerprint"],
            name=op.f("fk_signing_devices_fingerprint"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_signing_devices_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_code"], ["units.code"], name=op.f("fk_signing_devices_unit_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_devices")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_signing_devices_fingerprint")),
        sa.UniqueConstraint("kind", "serial", name=op.f("uq_signing_devices_kind")),
    )
    for column in ("officer_id", "unit_code", "valid_to"):
        op.create_index(op.f(f"ix_signing_devices_{column}"), "signing_devices", [column])
    with op.batch_alter_table("mandates") as mandates:
        mandates.add_column(
            sa.Column("kinds", sa.String(length=400), nullable=False, server_default="")
        )
        mandates.add_column(
            sa.Column("basis", sa.String(length=200), nullable=False, server_default="")
        )
        mandates.add_column(sa.Column("delegated_by", sa.Integer(), nullable=True))
        mandates.create_foreign_key(
            op.f("fk_mandates_delegated_by"), "officers", ["delegated_by"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("mandates") as mandates:
        mandates.drop_constraint(op.f("fk_mandates_delegated_by"), type_="foreignkey")
        mandates.drop_column("delegated_by")
        mandates.drop_column("basis")
        mandates.drop_column("kinds")
    for column in ("valid_to", "unit_code", "officer_id"):
        op.drop_index(op.f(f"ix_signing_devices_{column}"), table_name="signing_devices")
    op.drop_table("signing_devices")
