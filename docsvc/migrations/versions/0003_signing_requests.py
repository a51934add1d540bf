"""Ask providers for signatures that come later; sign many documents in one confirmation."""

import sqlalchemy as sa
from alembic import op

from docsvc.db.base import Json, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signature_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("stopped_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature_batches")),
    )
    op.create_index(op.f("ix_signature_batches_account"), "signature_batches", ["account"])
    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("code", sa.String(length=80), nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["signature_batches.id"], name=op.f("fk_batch_items_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_batch_items_document_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_batch_items")),
    )
    op.create_index(op.f("ix_batch_items_document_id"), "batch_items", ["document_id"])
    op.create_table(
        "signing_requests",
        sa.Column("transaction", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=80), nullable=False),
        sa.Column("key_id", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=True),
        sa.Column("control_code", sa.String(length=8), nullable=False),
        sa.Column("prompt", sa.String(length=200), nullable=False),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["signature_batches.id"], name=op.f("fk_signing_requests_batch_id")
        ),
        sa.PrimaryKeyConstraint("transaction", name=op.f("pk_signing_requests")),
    )
    op.create_index(op.f("ix_signing_requests_batch_id"), "signing_requests", ["batch_id"])
    op.create_index(op.f("ix_signing_requests_next_at"), "signing_requests", ["next_at"])
    op.create_index("ix_signing_requests_turn", "signing_requests", ["provider", "key_id", "state"])
    op.create_table(
        "request_documents",
        sa.Column("transaction", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction"],
            ["signing_requests.transaction"],
            name=op.f("fk_request_documents_transaction"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_request_documents_document_id")
        ),
        sa.PrimaryKeyConstraint("transaction", "document_id", name=op.f("pk_request_documents")),
    )
    op.create_index(op.f("ix_request_documents_document_id"), "request_documents", ["document_id"])
    with op.batch_alter_table("pending_signatures") as table:
        table.add_column(sa.Column("request", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("position", sa.Integer(), nullable=True))
        table.add_column(sa.Column("to_be_signed", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("content_digest", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("name", sa.String(length=200), nullable=True))
        table.create_foreign_key(
            op.f("fk_pending_signatures_request"), "signing_requests", ["request"], ["transaction"]
        )
        table.create_index(op.f("ix_pending_signatures_request"), ["request"])


def downgrade() -> None:
    with op.batch_alter_table("pending_signatures") as table:
        table.drop_index(op.f("ix_pending_signatures_request"))
        table.drop_constraint(op.f("fk_pending_signatures_request"), type_="foreignkey")
        for name in ("name", "content_digest", "to_be_signed", "position", "request"):
            table.drop_column(name)
    op.drop_table("request_documents")
    op.drop_table("signing_requests")
    op.drop_table("batch_items")
    op.drop_table("signature_batches")
