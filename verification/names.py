"""Names in certificates, and the constraints that an authority is under.

RFC 5280 §4.2.1.6 (alternative names), §4.2.1.10 (name constraints), §7.1 (comparison).
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
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
    """What kind of name it is; ``other`` are those that nobody can compare.

    ``unreadable`` stands for names of any kind: where any name is constrained, it is not allowed.
    """

    DIRECTORY = "directory"
    EMAIL = "email"
    DNS = "dns"
    URI = "uri"
    ADDRESS = "address"
    OTHER = "other"
    UNREADABLE = "unreadable"


# All else, a registered identifier among it, has no order that a subtree could follow.
_FORMS: Mapping[type[x509.GeneralName], Form] = {
    x509.RFC822Name: Form.EMAIL,
    x509.DNSName: Form.DNS,
    x509.UniformResourceIdentifier: Form.URI,
    x509.IPAddress: Form.ADDRESS,
}


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
    if isinstance(name, x509.DirectoryName):
        return directory(name_key(name.value))
    if isinstance(name, x509.OtherName):
        return GeneralName(form=Form.OTHER, text=name.type_id.dotted_string)
    form = _FORMS.get(type(name), Form.OTHER)
    text = type(name).__name__ if form is Form.OTHER else str(name.value)
    return GeneralName(form=form, text=text if form is Form.URI else text.casefold().rstrip("."))


def are_allowed(names: tuple[GeneralName, ...], constraints: Iterable[NameConstraints]) -> bool:
    """Tell whether all names keep all constraints; too much to compare is not allowed."""
    kept = tuple(constraints)
    subtrees = sum(len(one.permitted) + len(one.excluded) for one in kept)
    if len(names) * subtrees > MAX_COMPARISONS:
        return False
    return all(one.allow(name) for one in kept for name in names)


def _concerns(base: GeneralName, name: GeneralName) -> bool:
    if name.form is Form.UNREADABLE:
        return True
    return base.form is name.form and (base.form is not Form.OTHER or base.text == name.text)


def _can_be_compared(name: GeneralName) -> bool:
    """RFC 5280 §4.2.1.10: under a constraint, an URI without a host name is not allowed."""
    if name.form in {Form.OTHER, Form.UNREADABLE}:
        return False
    return name.form is not Form.URI or _host(name.text) != ""


def _lies_in(name: GeneralName, base: GeneralName) -> bool:
    if name.form is Form.DIRECTORY:
        return name.directory[: len(base.directory)] == base.directory
    return _COMPARISONS[name.form](name.text, base.text)


def _dns_lies_in(name: str, base: str) -> bool:
    return not base or f".{name}".endswith(f".{base.lstrip('.')}")


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


def _address_lies_in(address: str, base: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(base)


def _uri_lies_in(uri: str, base: str) -> bool:
    return _host_lies_in(_host(uri), base)


def _host(uri: str) -> str:
    """Return the host name of an URI, empty if it has none or an address in its place."""
    try:
        host = (urlsplit(uri).hostname or "").rstrip(".")
    except ValueError:
        return ""
    return "" if ":" in host or host.replace(".", "").isdigit() else host


# Distinguished names apart, which are no text.
_COMPARISONS: Mapping[Form, Callable[[str, str], bool]] = {
    Form.EMAIL: _mailbox_lies_in,
    Form.DNS: _dns_lies_in,
    Form.URI: _uri_lies_in,
    Form.ADDRESS: _address_lies_in,
}
