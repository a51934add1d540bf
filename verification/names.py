"""Names in certificates, and the constraints that an authority is under.

RFC 5280 §4.2.1.6 (alternative names), §4.2.1.10 (name constraints), §7.1 (comparison).
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import urlsplit

from cryptography import x509

NameKey: TypeAlias = tuple[tuple[str, str], ...]

EMAIL_OID = "1.2.840.113549.1.9.1"
# Real certificates have some ten names under some ten constraints. Without a bound, a chain of
# hostile ones would cost the product of both.
MAX_COMPARISONS = 100_000


class Form(StrEnum):
    """What kind of name it is; ``other`` are those that nobody can compare."""

    DIRECTORY = "directory"
    EMAIL = "email"
    DNS = "dns"
    URI = "uri"
    ADDRESS = "address"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralName:
    """A GeneralName; ``directory`` for distinguished names, ``text`` for all others.

    A network is an address with the length of its prefix; of ``other``, the text is the kind.
    """

    form: Form
    text: str = ""
    directory: NameKey = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameConstraints:
    """The subtrees that the names below an authority may, and may not, lie in."""

    permitted: tuple[GeneralName, ...] = ()
    excluded: tuple[GeneralName, ...] = ()

    def allow(self, name: GeneralName) -> bool:
        """Tell whether a name is permitted and not excluded (RFC 5280 §6.1.3 (b), (c)).

        What cannot be compared is not allowed once its kind is constrained.
        """
        permitted = [base for base in self.permitted if _concerns(base, name)]
        excluded = [base for base in self.excluded if _concerns(base, name)]
        if (permitted or excluded) and not _can_be_compared(name):
            return False
        inside = not permitted or any(_lies_in(name, base) for base in permitted)
        return inside and not any(_lies_in(name, base) for base in excluded)


def name_key(name: Iterable[x509.NameAttribute[str | bytes]]) -> NameKey:
    """Return a name for comparison: case and inner white space do not count (RFC 5280 §7.1)."""
    return tuple(
        (part.oid.dotted_string, " ".join(str(part.value).casefold().split())) for part in name
    )


def directory(key: NameKey) -> GeneralName:
    """Return a distinguished name as a general one."""
    return GeneralName(form=Form.DIRECTORY, directory=key)


def general_name(name: x509.GeneralName) -> GeneralName:
    """Return a name as it is compared."""
    match name:
        case x509.DirectoryName():
            return directory(name_key(name.value))
        case x509.RFC822Name():
            return GeneralName(form=Form.EMAIL, text=name.value.casefold())
        case x509.DNSName():
            return GeneralName(form=Form.DNS, text=name.value.lower())
        case x509.UniformResourceIdentifier():
            return GeneralName(form=Form.URI, text=name.value)
        case x509.IPAddress():
            return GeneralName(form=Form.ADDRESS, text=str(name.value))
        case x509.OtherName():
            return GeneralName(form=Form.OTHER, text=name.type_id.dotted_string)
        case _:
            return GeneralName(form=Form.OTHER, text=type(name).__name__)


def are_allowed(names: tuple[GeneralName, ...], constraints: Iterable[NameConstraints]) -> bool:
    """Tell whether all names keep all constraints; too much to compare is not allowed."""
    kept = tuple(constraints)
    subtrees = sum(len(one.permitted) + len(one.excluded) for one in kept)
    if len(names) * subtrees > MAX_COMPARISONS:
        return False
    return all(one.allow(name) for one in kept for name in names)


def _concerns(base: GeneralName, name: GeneralName) -> bool:
    return base.form is name.form and (base.form is not Form.OTHER or base.text == name.text)


def _can_be_compared(name: GeneralName) -> bool:
    """RFC 5280 §4.2.1.10: under a constraint, an URI without a host name is not allowed."""
    return name.form is not Form.OTHER and (name.form is not Form.URI or _host(name.text) != "")


def _lies_in(name: GeneralName, base: GeneralName) -> bool:
    match name.form:
        case Form.DIRECTORY:
            return name.directory[: len(base.directory)] == base.directory
        case Form.EMAIL:
            return _mailbox_lies_in(name.text, base.text)
        case Form.DNS:
            return not base.text or f".{name.text}".endswith(f".{base.text.lstrip('.')}")
        case Form.URI:
            return _host_lies_in(_host(name.text), base.text)
        case Form.ADDRESS:
            return ipaddress.ip_address(name.text) in ipaddress.ip_network(base.text)
        case Form.OTHER:
            return False


def _mailbox_lies_in(mailbox: str, base: str) -> bool:
    """A base is one mailbox, all of one host, or with a dot first all hosts of a domain.

    RFC 5280 §7.5 has the case of a mailbox count; no mail server tells two such apart.
    """
    local, _, host = mailbox.rpartition("@")
    wanted, at, domain = base.rpartition("@")
    return (not at or local == wanted) and _host_lies_in(host, domain)


def _host_lies_in(host: str, base: str) -> bool:
    wanted = base.lower()
    return host.endswith(wanted) if wanted.startswith(".") else host == wanted


def _host(uri: str) -> str:
    """Return the host name of an URI, empty if it has none or an address in its place."""
    try:
        host = urlsplit(uri).hostname or ""
    except ValueError:
        return ""
    return "" if ":" in host or host.replace(".", "").isdigit() else host
