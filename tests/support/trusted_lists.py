"""Trusted lists (ETSI TS 119 612) of our own, signed as the EU's are."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import CanonicalizationMethod, methods
from signxml.xades import XAdESSigner

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES = (
    'xmlns="http://uri.etsi.org/02231/v2#" '
    'xmlns:extra="http://uri.etsi.org/02231/v2/additionaltypes#"'
)
_BASE = "http://uri.etsi.org/TrstSvc"
CA, TSA = f"{_BASE}/Svctype/CA/QC", f"{_BASE}/Svctype/TSA/QTST"
GRANTED, WITHDRAWN = "granted", "withdrawn"
ESIGN, WEB = "ForeSignatures", "ForWebSiteAuthentication"
START = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A key with its certificate, which signed itself."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def holder(name: str) -> Holder:
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=36500))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return Holder(key=key, certificate=builder.sign(key, hashes.SHA256()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A status of a service, from when on."""

    status: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A service; its periods, the present one first."""

    name: str
    holder: Holder
    type: str = CA
    periods: tuple[Period, ...] = (Period(status=GRANTED, since="2021-03-01T00:00:00Z"),)
    use: str = ESIGN

    def xml(self) -> str:
        now, *before = (self._period(one) for one in self.periods)
        past = "".join(f"<ServiceHistoryInstance>{one}</ServiceHistoryInstance>" for one in before)
        history = f"<ServiceHistory>{past}</ServiceHistory>" if past else ""
        return f"<TSPService><ServiceInformation>{now}</ServiceInformation>{history}</TSPService>"

    def _period(self, one: Period) -> str:
        encoded = b64encode(self.holder.der).decode()
        return (
            f"<ServiceTypeIdentifier>{self.type}</ServiceTypeIdentifier>"
            f'<ServiceName><Name xml:lang="en">{self.name}</Name></ServiceName>'
            "<ServiceDigitalIdentity><DigitalId>"
            f"<X509Certificate>{encoded}</X509Certificate>"
            "</DigitalId></ServiceDigitalIdentity>"
            f"<ServiceStatus>{_BASE}/TrustedList/Svcstatus/{one.status}</ServiceStatus>"
            f"<StatusStartingTime>{one.since}</StatusStartingTime>"
            f"<ServiceInformationExtensions>{self._use()}</ServiceInformationExtensions>"
        )

    def _use(self) -> str:
        return (
            '<Extension Critical="true"><AdditionalServiceInformation>'
            f'<URI xml:lang="en">{_BASE}/TrustedList/SvcInfoExt/{self.use}</URI>'
            "</AdditionalServiceInformation></Extension>"
            if self.type == CA
            else ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What is said in the heads of lists, and who signs them."""

    top: Holder = field(default_factory=lambda: holder("Signer of the list of the lists"))
    signer: Holder = field(default_factory=lambda: holder("Signer of the national list"))
    issued: str = "2026-11-01T10:00:00Z"
    following: str | None = "2027-04-01T10:00:00Z"

    def lotl(
        self, places: Sequence[tuple[str, str]], *, by: Holder | None = None, type_: str = ""
    ) -> bytes:
        """Make a list of the lists that names territories and addresses."""
        pointers = self._pointer("EU", "https://lists.example/lotl.xml", self.top, is_top=True)
        pointers += "".join(
            self._pointer(country, place, self.signer, is_top=False) for country, place in places
        )
        body = self._head(
            "EU",
            type_ or "EUlistofthelists",
            f"<PointersToOtherTSL>{pointers}</PointersToOtherTSL>",
        )
        return signed(body, by or self.top)

    def national(
        self, offers: Sequence[Offer], *, country: str = "XA", by: Holder | None = None
    ) -> bytes:
        """Make a national list of services."""
        services = "".join(one.xml() for one in offers)
        provider = (
            "<TrustServiceProviderList><TrustServiceProvider><TSPInformation>"
            '<TSPName><Name xml:lang="en">Provider</Name></TSPName></TSPInformation>'
            f"<TSPServices>{services}</TSPServices>"
            "</TrustServiceProvider></TrustServiceProviderList>"
        )
        return signed(self._head(country, "EUgeneric", "", provider), by or self.signer)

    def _head(self, country: str, kind: str, pointers: str, rest: str = "") -> str:
        following = f"<dateTime>{self.following}</dateTime>" if self.following else ""
        return (
            f'<TrustServiceStatusList {_NAMES} TSLTag="{_BASE}/TSLTag"><SchemeInformation>'
            "<TSLVersionIdentifier>6</TSLVersionIdentifier>"
            "<TSLSequenceNumber>123</TSLSequenceNumber>"
            f"<TSLType>{_BASE}/TrustedList/TSLType/{kind}</TSLType>"
            '<SchemeInformationURI><URI xml:lang="en">https://lists.example/</URI>'
            "</SchemeInformationURI>"
            f"<SchemeTerritory>{country}</SchemeTerritory>{pointers}"
            f"<ListIssueDateTime>{self.issued}</ListIssueDateTime>"
            f"<NextUpdate>{following}</NextUpdate></SchemeInformation>{rest}"
            "</TrustServiceStatusList>"
        )

    def _pointer(self, country: str, place: str, by: Holder, *, is_top: bool) -> str:
        rule = "EUlistofthelists" if is_top else "EUcommon"
        encoded = b64encode(by.der).decode()
        return (
            "<OtherTSLPointer><ServiceDigitalIdentities><ServiceDigitalIdentity><DigitalId>"
            f"<X509Certificate>{encoded}</X509Certificate>"
            "</DigitalId></ServiceDigitalIdentity></ServiceDigitalIdentities>"
            f"<TSLLocation>{place}</TSLLocation><AdditionalInformation>"
            f"<OtherInformation><SchemeTerritory>{country}</SchemeTerritory></OtherInformation>"
            "<OtherInformation><SchemeTypeCommunityRules>"
            f'<URI xml:lang="en">{_BASE}/TrustedList/schemerules/{rule}</URI>'
            "</SchemeTypeCommunityRules></OtherInformation><OtherInformation>"
            "<extra:MimeType>application/vnd.etsi.tsl+xml</extra:MimeType></OtherInformation>"
            "</AdditionalInformation></OtherTSLPointer>"
        )


def signed(body: str, by: Holder) -> bytes:
    """Sign XML as a whole, enveloped (XAdES-BASELINE-B).

    signxml names no transform of the signed properties: inclusive canonical XML is what holds then.
    """
    signer = XAdESSigner(
        method=methods.enveloped,
        signature_algorithm="ecdsa-sha256",
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_1,
    )
    made = signer.sign(etree.fromstring(body), key=by.key, cert=[by.certificate])
    return etree.tostring(made, xml_declaration=True, encoding="UTF-8")
