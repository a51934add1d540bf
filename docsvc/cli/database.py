"""``docsvc db``: the schema."""

from __future__ import annotations

import typer

from docsvc import settings
from docsvc.db.engine import open_engine
from docsvc.migrations import upgrade as upgrade_schema

app = typer.Typer(no_args_is_help=True, help="Lược đồ cơ sở dữ liệu.")


@app.callback()
def group() -> None:
    """Keep ``upgrade`` a command of its own."""


@app.command()
def upgrade() -> None:
    """Tạo hoặc nâng cấp lược đồ, trong một tiến trình, trước mọi worker."""
    engine = open_engine(settings.load().database)
    upgrade_schema(engine)
    engine.dispose()
