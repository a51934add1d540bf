from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from docsvc.demo import token as demo_token
from docsvc.demo.errors import TokenModuleMissingError, TokenNotPreparedError

if TYPE_CHECKING:
    from pathlib import Path

    from support.demo import DemoInstance

    from docsvc.demo.pki import DemoPki
    from docsvc.demo.token import DemoToken

# A PKCS#11 module is loaded by one process a token, never by the test run itself.
SIGNER = """
import json, sys
from pathlib import Path
import pkcs11

order = json.load(sys.stdin)
pin = Path(order["pin_file"]).read_text()
token = pkcs11.lib(order["module"]).get_token(token_label=order["label"])
answer = {}
with token.open(user_pin=pin) as session:
    for name, key_id in order["keys"].items():
        where = {pkcs11.Attribute.ID: bytes.fromhex(key_id)}
        [certificate] = session.get_objects({
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE, **where})
        [key] = session.get_objects({
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, **where})
        for _ in range(order["times"]):
            value = key.sign(name.encode(), mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS)
        answer[name] = {
            "value": value.hex(),
            "certificate": certificate[pkcs11.Attribute.VALUE].hex(),
            "label": key[pkcs11.Attribute.LABEL],
            "sensitive": key[pkcs11.Attribute.SENSITIVE],
            "extractable": key[pkcs11.Attribute.EXTRACTABLE],
        }
print(json.dumps(answer))
"""


def signer(token: DemoToken, *, times: int = 1) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SIGNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | dict(token.environment),
    )
    order = {
        "module": str(token.module),
        "label": token.label,
        "pin_file": str(token.pin_file),
        "keys": dict(token.keys),
        "times": times,
    }
    assert process.stdin is not None
    process.stdin.write(json.dumps(order))
    process.stdin.flush()
    return process


def signed(process: subprocess.Popen[str]) -> dict[str, dict[str, str]]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    answer: dict[str, dict[str, str]] = json.loads(out)
    return answer


def require_valid(pki: DemoPki, answer: dict[str, dict[str, str]]) -> None:
    """Check every value with the certificate that the PKI issued for that name."""
    assert set(answer) == set(pki.issuer_of)
    for name, found in answer.items():
        certificate = x509.load_der_x509_certificate(pki.certificate(name))
        certificate.public_key().verify(
            bytes.fromhex(found["value"]), name.encode(), padding.PKCS1v15(), hashes.SHA256()
        )


def test_every_key_signs_what_its_certificate_verifies(demo_instance: DemoInstance) -> None:
    answer = signed(signer(demo_instance.token))

    require_valid(demo_instance.pki, answer)
    for name, found in answer.items():
        assert bytes.fromhex(found["certificate"]) == demo_instance.pki.certificate(name)
        assert (found["label"], found["sensitive"], found["extractable"]) == (name, True, False)


def test_two_processes_sign_at_once(demo_instance: DemoInstance) -> None:
    processes = [signer(demo_instance.token, times=50) for _ in range(2)]

    for process in processes:
        require_valid(demo_instance.pki, signed(process))


def test_the_second_call_changes_nothing(small_pki: DemoPki) -> None:
    folder = small_pki.folder.parent

    def state() -> dict[Path, int]:
        files = [path for path in (folder / "token").rglob("*") if path.name != ".lock"]
        return {path: path.stat().st_mtime_ns for path in files if path.is_file()}

    first = demo_token.create(folder, pki=small_pki)
    before = state()
    second = demo_token.create(folder, pki=small_pki)

    assert second == first == demo_token.load(folder)
    assert state() == before


def test_an_unfinished_token_is_made_anew(small_pki: DemoPki) -> None:
    folder = small_pki.folder.parent
    demo_token.create(folder, pki=small_pki)
    (folder / "token" / "keys.json").unlink()

    token = demo_token.create(folder, pki=small_pki)

    require_valid(small_pki, signed(signer(token)))


def test_a_token_with_other_keys_is_made_anew(small_pki: DemoPki) -> None:
    folder = small_pki.folder.parent
    demo_token.create(folder, pki=small_pki)
    (folder / "token" / "keys.json").write_text('{"leader": "00"}')

    token = demo_token.create(folder, pki=small_pki)

    require_valid(small_pki, signed(signer(token)))


def test_the_pin_is_closed_to_others_and_different_each_time(
    small_pki: DemoPki, tmp_path: Path
) -> None:
    tokens = [demo_token.create(tmp_path / name, pki=small_pki) for name in ("one", "two")]

    assert {stat.S_IMODE(token.pin_file.stat().st_mode) for token in tokens} == {0o600}
    assert len({token.pin_file.read_text() for token in tokens}) == 2


def test_the_pin_is_in_no_other_file_and_no_log_line(
    small_pki: DemoPki, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = demo_token.create(small_pki.folder.parent, pki=small_pki)
    pin = token.pin_file.read_text()

    assert pin not in repr(token)
    assert not [record for record in caplog.records if pin in str(vars(record))]
    for path in token.conf.parent.rglob("*"):
        if path.is_file() and path != token.pin_file:
            assert pin.encode() not in path.read_bytes()


def test_a_token_that_is_not_there_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        demo_token.load(tmp_path)


def test_a_key_that_does_not_exist_is_reported_with_the_reason(small_pki: DemoPki) -> None:
    small_pki.key_file("leader").unlink()

    with pytest.raises(TokenNotPreparedError) as caught:
        demo_token.create(small_pki.folder.parent, pki=small_pki)

    assert "FileNotFoundError" in str(caught.value.facts["reason"])


def test_a_child_that_takes_too_long_is_reported(
    small_pki: DemoPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_token, "_LIMIT_S", 0.01)

    with pytest.raises(TokenNotPreparedError) as caught:
        demo_token.create(small_pki.folder.parent, pki=small_pki)

    assert caught.value.facts["waited_s"] == 0.01


def test_a_machine_without_softhsm_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_token, "_MODULES", (tmp_path / "nowhere.so",))

    with pytest.raises(TokenModuleMissingError):
        demo_token.token_module()
