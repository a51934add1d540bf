"""A page is a frozen context record and a template; names that nobody defined raise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from docsvc.access.rules import Action
from docsvc.catalog import kinds, urgency
from docsvc.catalog.messages import Lang, Spoken
from docsvc.clock import VIETNAM
from docsvc.documents import queries
from docsvc.web import problems
from docsvc.web.deps import Caller
from docsvc.web.pages.boxes import counts
from docsvc.web.texts import chosen, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from docsvc.bootstrap import Services

LANGUAGE_COOKIE = "lang"
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry of the navigation; ``count`` is shown where something waits."""

    href: str
    key: str
    icon: str
    here: bool
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands round every page."""

    lang: Lang
    path: str
    caller: Caller | None
    csrf: str
    demonstration: bool
    folders: tuple[Link, ...]
    menu: tuple[Link, ...]


def language_of(request: Request) -> Lang:
    """Return the language of the pages for this visitor."""
    return chosen(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


def render(
    request: Request,
    template: str,
    page: object | None = None,
    *,
    caller: Caller | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Render a page.

    Args:
        request: what it answers.
        template: its path below ``templates``.
        page: the frozen record that the template calls ``page``.
        caller: who is asking, if known.
        status: of the answer.
    """
    services: Services = request.app.state.services
    lang = language_of(request)
    frame = Frame(
        lang=lang,
        path=request.url.path,
        caller=caller,
        csrf=caller.csrf if caller else "",
        demonstration=services.settings.demonstration,
        folders=_folders(services, caller, request) if caller else (),
        menu=_menu(caller, request),
    )
    context = {"frame": frame, "page": page, "t": partial(label, lang=lang)} | _words(lang)
    html = environment().get_template(template).render(context)
    return HTMLResponse(html, status_code=status, headers={"Content-Language": lang})


@cache
def environment() -> Environment:
    """Return the templates; unknown names raise, text is escaped."""
    made = Environment(
        loader=PackageLoader("docsvc.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["day"] = day
    made.filters["moment"] = moment
    made.filters["short"] = short
    made.filters["size"] = size
    made.filters["query"] = urlencode
    return made


def day(value: date | None) -> str:
    """Write a day as people here do; a dash for none."""
    return f"{value:%d/%m/%Y}" if value else "–"


def moment(value: datetime | str | None) -> str:
    """Write a moment in Vietnam's time, with the offset; a dash for none."""
    if not value:
        return "–"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S} +07:00"


def short(value: datetime) -> str:
    """Write a moment in Vietnam's time, to the minute, for lists."""
    return f"{value.astimezone(VIETNAM):%d/%m/%y %H:%M}"


def size(value: int) -> str:
    """Write a number of bytes."""
    if value < _KIB * _KIB:
        return f"{max(1, round(value / _KIB))} KB"
    return f"{value / _KIB / _KIB:.1f} MB".replace(".0 ", " ")


def _words(lang: Lang) -> dict[str, Any]:
    """Return what turns codes into words of a language."""
    return {
        "kind_name": partial(_kind_name, lang=lang),
        "urgency_name": partial(_urgency_name, lang=lang),
        "sentence": partial(_sentence, lang=lang),
        "advice": partial(_advice, lang=lang),
        "why": Spoken(lang).reason,
    }


def _kind_name(code: str | None, *, lang: Lang) -> str:
    try:
        return str(getattr(kinds.kind(code or ""), lang))
    except KeyError:
        return code or "–"


def _urgency_name(code: str | None, *, lang: Lang) -> str:
    names = {u.code: str(getattr(u, lang)) for u in urgency.urgencies()}
    return names.get(code or "", code or "–")


def _sentence(code: str, facts: Mapping[str, object] | None = None, *, lang: Lang) -> str:
    return problems.sentence(code, facts or {}, lang)


def _advice(code: str, facts: Mapping[str, object] | None = None, *, lang: Lang) -> str:
    return problems.advice(code, facts or {}, lang)


def _folders(services: Services, caller: Caller, request: Request) -> tuple[Link, ...]:
    units = caller.units_for(Action.SEE)
    if not units:
        return ()
    with services.transactions() as tx:
        standings = queries.standings(tx, units)
    shown = request.query_params.get("box") if request.url.path == "/documents" else None
    return tuple(
        Link(
            href=f"/documents?box={box}",
            key=f"box.{box}",
            icon=box,
            here=shown == box,
            count=number,
        )
        for box, number in counts(standings).items()
    )


_MENU = (
    ("/desk", "nav.desk", "desk", Action.UPLOAD),
    ("/desk/seal", "nav.seal", "seal", Action.SEAL),
    ("/sign", "nav.sign", "sign", Action.SIGN),
    ("/paper", "nav.paper", "paper", Action.REGISTER_PAPER),
    ("/statistics", "nav.statistics", "statistics", Action.COUNT),
    ("/accounts", "nav.accounts", "accounts", Action.MANAGE_ACCOUNTS),
    ("/devices", "nav.devices", "seal", Action.MANAGE_SIGNERS),
    ("/mandates", "nav.mandates", "person", Action.MANAGE_SIGNERS),
    ("/self-check", "nav.self-check", "self-check", Action.DIAGNOSE),
)


def _menu(caller: Caller | None, request: Request) -> tuple[Link, ...]:
    here = request.url.path
    links = [
        Link(href=href, key=key, icon=icon, here=here == href)
        for href, key, icon, action in _MENU
        if caller is not None and caller.may_somewhere(action)
    ]
    links.append(Link(href="/verify", key="nav.verify", icon="verify", here=here == "/verify"))
    return tuple(links)
