"""``docsvc db``: the schema."""

from __future__ import annotations

import typer

from docsvc import settings
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.db.engine import open_engine
from docsvc.migrations import upgrade as upgrade_schema

app = typer.Typer(no_args_is_help=True, help="Lược đồ cơ sở dữ liệu.")


@app.callback()
def group() -> None:
    """Keep ``upgrade`` a command of its own."""


@app.command()
def upgrade(*, as_json: JsonOption = False, lang: LangOption = Lang.VI) -> int:
    """Tạo hoặc nâng cấp lược đồ, trong một tiến trình, trước mọi worker."""
    engine = open_engine(settings.load().database)
    try:
        revision = upgrade_schema(engine)
    finally:
        engine.dispose()
    output = Output(as_json=as_json, lang=lang)
    output.document({"revision": revision}) if as_json else output.say(revision)
    return 0
