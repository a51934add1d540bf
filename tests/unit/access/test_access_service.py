from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from docsvc.access import errors, passwords, queries, service
from docsvc.access.rules import Membership, Role
from docsvc.access.tables import Account, ApiToken, LoginSession
from docsvc.audit import service as audit

if TYPE_CHECKING:
    from docsvc.db.transactions import Transactions

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PASSWORD = "mưa rừng ngang qua"
CLERK = Membership(role=Role.CLERK, unit_code="H99.12.05")


def add(transactions: Transactions, **changes: object) -> None:
    facts = {
        "login": "van.thu",
        "display_name": "Văn thư xã",
        "password": PASSWORD,
        "memberships": (CLERK,),
        "must_change": False,
    }
    new = service.NewAccount(**(facts | changes))  # type: ignore[arg-type]
    service.add_account(transactions, new, at=AT, actor="test")


def fail(transactions: Transactions, times: int, *, at: datetime = AT) -> None:
    for _ in range(times):
        with pytest.raises(errors.LoginFailedError):
            service.log_in(transactions, login="van.thu", password="sai rồi", at=at)


def log_in(transactions: Transactions, *, at: datetime = AT, password: str = PASSWORD) -> str:
    return service.log_in(transactions, login="van.thu", password=password, at=at)


def test_session_after_login_knows_who_and_which_roles(transactions: Transactions) -> None:
    add(transactions)

    secret = log_in(transactions)

    with transactions() as tx:
        who = service.session_identity(tx, secret, at=AT)
    assert who is not None
    assert (who.login, who.memberships) == ("van.thu", (CLERK,))
    assert who.roles == {Role.CLERK}


def test_login_name_is_taken_without_regard_to_case_and_spaces(transactions: Transactions) -> None:
    add(transactions)

    assert service.log_in(transactions, login=" Van.Thu ", password=PASSWORD, at=AT)


def test_database_holds_neither_password_nor_session_id(transactions: Transactions) -> None:
    add(transactions)
    secret = log_in(transactions)

    with transactions() as tx:
        account = tx.scalars(select(Account)).one()
        session = tx.scalars(select(LoginSession)).one()

    assert account.password_hash.startswith("$argon2id$")
    assert PASSWORD not in account.password_hash
    assert secret != session.id_digest


@pytest.mark.parametrize("login", ["khong.co.ai", "van.thu"])
def test_wrong_name_and_wrong_password_are_the_same_refusal(
    transactions: Transactions, login: str
) -> None:
    add(transactions)

    with pytest.raises(errors.LoginFailedError):
        service.log_in(transactions, login=login, password="không đúng đâu", at=AT)


def test_password_of_a_megabyte_is_refused_without_work(transactions: Transactions) -> None:
    add(transactions)

    with pytest.raises(errors.LoginFailedError):
        log_in(transactions, password="a" * 1_000_000)


def test_fifth_wrong_password_locks_even_the_right_one(transactions: Transactions) -> None:
    add(transactions)
    fail(transactions, 5)

    with pytest.raises(errors.AccountLockedError) as caught:
        log_in(transactions)
    assert caught.value.facts == {"minutes": 1}
    assert log_in(transactions, at=AT + timedelta(seconds=31))


def test_wait_doubles_with_each_failure_up_to_an_hour(transactions: Transactions) -> None:
    add(transactions)
    fail(transactions, 5)
    at, waits = AT, []
    for _ in range(9):
        at += timedelta(hours=2)
        fail(transactions, 1, at=at)
        with transactions() as tx:
            until = queries.get(tx, "van.thu").locked_until
        assert until is not None
        waits.append((until - at).total_seconds())

    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_success_sets_the_count_of_failures_to_zero(transactions: Transactions) -> None:
    add(transactions)
    fail(transactions, 4)
    log_in(transactions)
    fail(transactions, 4)

    assert log_in(transactions)


def test_session_ends_after_an_idle_hour(transactions: Transactions) -> None:
    add(transactions)
    secret = log_in(transactions)
    steps = [timedelta(minutes=50), timedelta(minutes=100), timedelta(minutes=161)]

    with transactions() as tx:
        seen = [service.session_identity(tx, secret, at=AT + step) for step in steps]

    assert [who is not None for who in seen] == [True, True, False]


def test_session_ends_after_twelve_hours_of_work(transactions: Transactions) -> None:
    add(transactions)
    secret = log_in(transactions)

    with transactions() as tx:
        alive = [
            service.session_identity(tx, secret, at=AT + timedelta(minutes=30 * n)) is not None
            for n in range(26)
        ]

    assert alive == [True] * 25 + [False]


def test_closed_and_unknown_sessions_belong_to_nobody(transactions: Transactions) -> None:
    add(transactions)
    secret = log_in(transactions)

    with transactions() as tx:
        service.close_session(tx, secret, at=AT)
        service.close_session(tx, "never opened", at=AT)
    with transactions() as tx:
        assert service.session_identity(tx, secret, at=AT) is None
        assert service.session_identity(tx, "never opened", at=AT) is None


def test_sessions_that_ran_out_are_swept_at_the_next_login(transactions: Transactions) -> None:
    add(transactions)
    log_in(transactions)
    log_in(transactions, at=AT + timedelta(hours=3))

    with transactions() as tx:
        assert tx.scalar(select(func.count()).select_from(LoginSession)) == 1


def test_csrf_token_is_bound_to_the_session() -> None:
    assert service.csrf_token("one") == service.csrf_token("one")
    assert service.csrf_token("one") != service.csrf_token("two")


def test_changed_password_ends_the_other_sessions(transactions: Transactions) -> None:
    add(transactions, must_change=True)
    old = log_in(transactions)

    new = service.change_password(
        transactions, login="van.thu", old=PASSWORD, new="nắng chiều qua sông", at=AT
    )

    with transactions() as tx:
        assert service.session_identity(tx, old, at=AT) is None
        who = service.session_identity(tx, new, at=AT)
    assert who is not None
    assert not who.must_change
    with pytest.raises(errors.LoginFailedError):
        log_in(transactions)


@pytest.mark.parametrize("new", ["ngắn", "x" * 129, "tôi là van.thu đây", PASSWORD])
def test_weak_or_unchanged_password_is_refused(transactions: Transactions, new: str) -> None:
    add(transactions)

    with pytest.raises(errors.PasswordTooWeakError):
        service.change_password(transactions, login="van.thu", old=PASSWORD, new=new, at=AT)


def test_password_cannot_be_changed_without_the_old_one(transactions: Transactions) -> None:
    add(transactions)

    with pytest.raises(errors.LoginFailedError):
        service.change_password(
            transactions, login="van.thu", old="đoán mò thôi", new="nắng chiều qua sông", at=AT
        )


def test_reset_password_must_be_changed_and_unlocks(transactions: Transactions) -> None:
    add(transactions)
    fail(transactions, 5)

    service.reset_password(
        transactions, login="van.thu", password="tạm thời hôm nay", at=AT, actor="quan.tri"
    )

    secret = log_in(transactions, password="tạm thời hôm nay")
    with transactions() as tx:
        who = service.session_identity(tx, secret, at=AT)
    assert who is not None
    assert who.must_change


def test_disabled_account_loses_sessions_tokens_and_login(transactions: Transactions) -> None:
    add(transactions)
    secret = log_in(transactions)
    with transactions() as tx:
        token = service.issue_token(tx, "van.thu", name="x", valid=timedelta(days=1), at=AT)
        service.set_disabled(tx, "van.thu", disabled=True, at=AT, actor="quan.tri")

    with transactions() as tx:
        assert service.session_identity(tx, secret, at=AT) is None
        assert service.token_identity(tx, token.secret, at=AT) is None
        assert queries.identity(tx, "van.thu") is None
    with pytest.raises(errors.LoginFailedError):
        log_in(transactions)
    with transactions() as tx:
        service.set_disabled(tx, "van.thu", disabled=False, at=AT, actor="quan.tri")
    assert log_in(transactions)


def test_token_is_shown_once_and_runs_out(transactions: Transactions) -> None:
    add(transactions)
    with transactions() as tx:
        token = service.issue_token(tx, "van.thu", name="máy quét", valid=timedelta(days=9), at=AT)

    with transactions() as tx:
        row = tx.scalars(select(ApiToken)).one()
        assert token.secret not in (row.digest, row.name)
        who = service.token_identity(tx, token.secret, at=AT + timedelta(days=8))
        again = service.token_identity(tx, token.secret, at=AT + timedelta(days=8))
        late = service.token_identity(tx, token.secret, at=AT + timedelta(days=9))
    assert who is not None
    assert who == again
    assert late is None


def test_token_lives_a_year_at_most(transactions: Transactions) -> None:
    add(transactions)
    with transactions() as tx:
        token = service.issue_token(tx, "van.thu", name="x", valid=timedelta(days=9999), at=AT)

    assert token.expires_at == AT + timedelta(days=366)


def test_token_of_another_account_cannot_be_revoked(transactions: Transactions) -> None:
    add(transactions)
    add(transactions, login="lanh.dao")
    with transactions() as tx:
        token = service.issue_token(tx, "van.thu", name="x", valid=timedelta(days=1), at=AT)
        with pytest.raises(errors.TokenMissingError):
            service.revoke_token(tx, "lanh.dao", token.id, at=AT)
        assert [t.id for t in queries.tokens(tx, "van.thu")] == [token.id]
        service.revoke_token(tx, "van.thu", token.id, at=AT)
        tx.flush()
        assert queries.tokens(tx, "van.thu") == []
        with pytest.raises(errors.TokenMissingError):
            service.revoke_token(tx, "van.thu", token.id, at=AT)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"login": "Văn Thư"}, errors.LoginNameError),
        ({"login": "a"}, errors.LoginNameError),
        ({"password": "ngắn"}, errors.PasswordTooWeakError),
        (
            {"memberships": (CLERK, Membership(role=Role.ADMINISTRATOR, unit_code="H99.12.05"))},
            errors.RolesIncompatibleError,
        ),
    ],
)
def test_account_that_may_not_be_is_not_added(
    transactions: Transactions, changes: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        add(transactions, **changes)
    with transactions() as tx:
        assert tx.scalars(select(Account)).all() == []


def test_login_name_is_given_once(transactions: Transactions) -> None:
    add(transactions)

    with pytest.raises(errors.AccountExistsError):
        add(transactions)


def test_accounts_are_listed_by_their_units(transactions: Transactions) -> None:
    add(transactions)
    add(transactions, login="lanh.dao", memberships=())

    with transactions() as tx:
        rows = queries.accounts(tx, units={"H99.12.05"})
        with pytest.raises(errors.AccountMissingError):
            queries.get(tx, "khong.co")

    assert [(r.login, r.memberships) for r in rows] == [("van.thu", (CLERK,))]


def test_acts_on_accounts_are_in_the_audit_log_without_passwords(
    transactions: Transactions,
) -> None:
    add(transactions)
    fail(transactions, 1)
    log_in(transactions)

    with transactions() as tx:
        entries = tx.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.sequence)).all()
        assert audit.first_broken(tx) is None
    assert [e.act for e in entries] == ["account.add", "session.fail", "session.open"]
    assert PASSWORD not in str([e.facts for e in entries])


def test_hash_in_use_is_argon2id_at_its_full_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert passwords.hash_password(PASSWORD).startswith("$argon2id$v=19$m=65536,")
