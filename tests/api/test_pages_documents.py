"""The pages on which documents are received, confirmed, signed, sealed, entered and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import officers
from support.browsing import csrf, good
from support.commune import ABOVE, BROKEN, HOME, PDF

from docsvc.access.rules import Role
from docsvc.documents import service as documents
from docsvc.documents.service import Ending
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from support.commune import AsRole, Deliver

    from docsvc.bootstrap import Services


def test_each_file_of_a_batch_has_an_outcome_of_its_own(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    form = {"csrf": csrf(client), "unit": HOME, "declare_not_secret": "yes"}
    files = [
        ("files", ("tốt.pdf", PDF)),
        ("files", ("hỏng.pdf", BROKEN)),
        ("files", ("tốt lần hai.pdf", PDF)),
    ]

    html = good(client.post("/desk/receive", data=form, files=files))

    assert "2 trên 3" in html
    assert "inspect.truncated" in html
    undeclared = client.post(
        "/desk/receive", data=form | {"declare_not_secret": ""}, files=[("files", ("a", PDF))]
    )
    assert "receive.not-declared" in undeclared.text


def test_desk_refuses_nothing_chosen_and_foreign_units(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    form = {"csrf": csrf(client), "declare_not_secret": "yes"}
    files = [("files", ("a.pdf", PDF))]

    assert client.post("/desk/receive", data=form | {"unit": HOME}).status_code == 422
    foreign = client.post("/desk/receive", data=form | {"unit": ABOVE}, files=files)
    unknown = client.post("/desk/receive", data=form | {"unit": "X"}, files=files)
    assert (foreign.status_code, unknown.status_code) == (403, 422)


def test_confirmed_fields_are_kept_and_the_next_document_is_shown(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    first, second = deliver(), deliver(data=PDF + b"2")
    client = as_role(Role.CLERK)
    form = {
        "csrf": csrf(client),
        "kind": "cong-van",
        "symbol": "UBND-VP",
        "number": "",
        "subject": "V/v trực tết",
        "signer": "Nguyễn Văn An",
        "issued_on": "2026-11-20",
        "recipients": "Như trên\r\n\r\nLưu: VT",
        "urgency": "",
    }

    shown = good(client.get(f"/documents/{first}/confirm"))
    answer = client.post(f"/documents/{first}/confirm", data=form)

    assert 'class="spot spot-subject"' in shown
    assert answer.headers["Location"] == f"/documents/{second}/confirm"
    with services.transactions() as tx:
        facts = documents.confirmation(tx, first, Step.CONFIRM).facts
    assert facts["recipients"] == ["Như trên", "Lưu: VT"]
    assert "number" not in facts
    bad = client.post(f"/documents/{second}/confirm", data=form | {"number": "bảy"})
    assert (bad.status_code, "number" in bad.text) == (422, True)
    last = client.post(f"/documents/{second}/confirm", data=form)
    assert last.headers["Location"] == f"/documents/{second}"


def test_page_that_names_another_body_is_pointed_out(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    document = deliver()
    with services.transactions() as tx:
        row = documents.get(tx, document)
        read = {"value": "UỶ BAN NHÂN DÂN H99.12.05", "page": 9, "box": {"page": 9}}
        row.classification = row.classification | {"issuer": read}
    client = as_role(Role.CLERK)
    assert "Trên văn bản ghi" not in client.get(f"/documents/{document}/confirm").text
    with services.transactions() as tx:
        row = documents.get(tx, document)
        row.classification = row.classification | {"issuer": read | {"value": "ỦY BAN KHÁC"}}

    assert "Trên văn bản ghi" in client.get(f"/documents/{document}/confirm").text


def test_leader_signs_the_queue_with_one_confirmation(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    officers.in_order(services)
    ready, early = deliver(until=Step.CONFIRM), deliver(data=PDF + b"2")
    client = as_role(Role.LEADER)
    form = {"csrf": csrf(client), "document": [str(ready), str(early)], "seen": "yes"}

    assert str(ready) in good(client.get("/sign"))
    begun = client.post("/sign", data=form)

    assert begun.status_code == 303
    html = good(client.get(begun.headers["Location"]))
    assert "Xong 1 trên 2" in html
    assert "documents.not-waiting" in html
    assert begun.headers["Location"] in good(client.get("/sign"))
    assert "sign.batch-unknown" in as_role(Role.CLERK).get(begun.headers["Location"]).text
    unseen = client.post("/sign", data=form | {"seen": ""})
    assert unseen.status_code == 422
    nothing = client.post("/sign", data=form | {"document": []})
    assert "web.nothing-chosen" in nothing.text
    nonsense = client.post("/sign", data=form | {"document": "x"})
    assert nonsense.status_code == 422


def test_clerk_seals_what_was_chosen(as_role: AsRole, deliver: Deliver, services: Services) -> None:
    officers.in_order(services)
    ready = deliver(until=Step.REGISTER)
    client = as_role(Role.CLERK)

    assert str(ready) in good(client.get("/desk/seal"))
    form = {"csrf": csrf(client), "document": str(ready)}
    assert "1 trên 1" in good(client.post("/desk/seal", data=form))


def test_refusal_needs_a_reason_and_shows_it(as_role: AsRole, deliver: Deliver) -> None:
    document = deliver()
    client = as_role(Role.CLERK)
    path = f"/documents/{document}/refuse"

    assert client.post(path, data={"csrf": csrf(client), "reason": " "}).status_code == 422
    client.post(path, data={"csrf": csrf(client), "reason": "Sai thể thức"})

    html = good(client.get(f"/documents/{document}"))
    assert "documents.refused" in html
    assert "Dừng lại" in html


def test_page_of_a_document_is_drawn_for_who_may_read(as_role: AsRole, deliver: Deliver) -> None:
    document = deliver()
    clerk, leadership = as_role(Role.CLERK), as_role(Role.LEADERSHIP)

    answer = clerk.get(f"/documents/{document}/pages/1.png")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert clerk.get(f"/documents/{document}/pages/3.png").status_code == 404
    assert clerk.get(f"/documents/{document}/revisions/1").content == PDF
    assert leadership.get(f"/documents/{document}/pages/1.png").status_code == 403
    assert leadership.get(f"/documents/{document}/revisions/1").status_code == 403
    assert "không mở được nội dung" in leadership.get(f"/documents/{document}").text


def test_secret_document_shows_nothing_but_that_it_was_refused(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    document = deliver()
    with services.transactions() as tx:
        documents.forget_content(tx, document)
        row = documents.get(tx, document)
        row.subject = row.kind = row.signer = row.symbol = None
        ending = Ending(state=State.REFUSED_SECRET, step=Step.CLASSIFY, code="classify.secret")
        documents.end(tx, document, ending, at=services.clock.now())

    html = good(as_role(Role.CLERK).get(f"/documents/{document}"))

    assert "classify.secret" in html
    assert "Quyết định.pdf" not in html
    assert "công nghệ số" not in html


def test_statistics_page_shows_a_and_b_and_gives_files(as_role: AsRole, deliver: Deliver) -> None:
    deliver(until=Step.PUBLISH)
    client = as_role(Role.CLERK)

    html = good(client.get("/statistics?period=2026"))
    assert "văn bản đi tính tỷ lệ" in html
    csv = client.get("/statistics.csv?period=2026")
    xlsx = client.get("/statistics.xlsx?period=2026")
    assert csv.content.startswith(b"\xef\xbb\xbf")
    assert xlsx.content.startswith(b"PK")
    assert "thong-ke-ky-so-H99.12.05-2026.csv" in csv.headers["Content-Disposition"]
    assert client.get("/statistics.exe").status_code == 404
    unreadable = client.get("/statistics?period=hôm qua")
    assert (unreadable.status_code, "statistics.period-unreadable" in unreadable.text) == (
        422,
        True,
    )


def test_paper_document_is_entered_into_the_book(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    form = {
        "csrf": csrf(client),
        "unit": HOME,
        "kind": "cong-van",
        "symbol": "UBND-VP",
        "issued_on": "2026-03-05",
        "subject": "V/v trực tết",
        "signer": "Nguyễn Văn An",
    }

    bad = client.post("/paper", data=form | {"issued_on": ""})
    answer = client.post("/paper", data=form)

    assert (bad.status_code, "V/v trực tết" in bad.text) == (422, True)
    assert "01/UBND-VP" in good(client.get(answer.headers["Location"]))
