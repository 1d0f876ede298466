import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.vsphere_errors import (
    CannotConnectError,
    LoginFailedError,
    TlsNotVerifiedError,
    VSphereFaultError,
)

WRONG = "ab" * 32


def thumbprint_of(settings: VSphereSettings, algorithm: str) -> str:
    host, port = settings.address()
    pem = ssl.get_server_certificate((host, port))
    return tls.with_colons(tls.fingerprint(ssl.PEM_cert_to_DER_cert(pem), algorithm))


def product(settings: VSphereSettings) -> str:
    with VSphereSession(settings) as session:
        return str(session.content.about.apiType)


def test_a_ca_file_verifies_the_server(settings: VSphereSettings) -> None:
    assert product(settings) == "VirtualCenter"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_thumbprint_verifies_the_server(settings: VSphereSettings, algorithm: str) -> None:
    pinned = replace(settings, ca_file=None, thumbprint=thumbprint_of(settings, algorithm))
    assert product(pinned) == "VirtualCenter"


def test_an_unverified_server_is_accepted_if_allowed(settings: VSphereSettings) -> None:
    assert product(replace(settings, ca_file=None, allow_unverified=True)) == "VirtualCenter"


def test_fails_for_an_untrusted_certificate_with_its_thumbprint(
    settings: VSphereSettings,
) -> None:
    with pytest.raises(TlsNotVerifiedError, match="self-signed certificate") as caught:
        product(replace(settings, ca_file=None))
    assert caught.value.thumbprint == thumbprint_of(settings, "sha256")
    assert f"{caught.value.thumbprint} (compare" in str(caught.value)
    assert "VMIMPORT_VSPHERE_CA_FILE" in str(caught.value)


@pytest.mark.parametrize("allow_unverified", [False, True])
def test_fails_for_another_thumbprint_even_if_unverified_is_allowed(
    settings: VSphereSettings, allow_unverified: bool
) -> None:
    pinned = replace(settings, ca_file=None, thumbprint=WRONG, allow_unverified=allow_unverified)
    with pytest.raises(TlsNotVerifiedError, match="thumbprint mismatch") as caught:
        product(pinned)
    assert caught.value.thumbprint == thumbprint_of(settings, "sha256")


def test_fails_for_another_ca_even_if_unverified_is_allowed(
    settings: VSphereSettings, fake_host: Callable[[bytes], Any]
) -> None:
    other = str(fake_host(b"").ca_file)
    with pytest.raises(TlsNotVerifiedError):
        product(replace(settings, ca_file=other, allow_unverified=True))


def test_a_pinned_context_verifies_every_connection(fake_host: Callable[[bytes], Any]) -> None:
    first, second = fake_host(b"a"), fake_host(b"b")
    context = tls.PinnedContext.of(first.sha256)
    with socket.create_connection(("127.0.0.1", first.port)) as raw, context.wrap_socket(raw):
        pass
    with (
        socket.create_connection(("127.0.0.1", second.port)) as raw,
        pytest.raises(tls.ThumbprintMismatchError) as caught,
    ):
        context.wrap_socket(raw)
    assert (caught.value.expected, caught.value.actual) == (first.sha256, second.sha256)


def test_fails_for_a_wrong_password_without_revealing_it(settings: VSphereSettings) -> None:
    with pytest.raises(LoginFailedError, match='"Login failure"') as caught:
        product(replace(settings, password="falsch"))
    assert caught.value.user == settings.user
    assert "falsch" not in str(caught.value)


def test_fails_if_the_connection_is_refused(settings: VSphereSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        free = closed.getsockname()[1]
    with pytest.raises(CannotConnectError, match="Connection refused"):
        product(replace(settings, server=f"127.0.0.1:{free}"))


@pytest.mark.parametrize("answer", [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-OpenSSH\r\n"])
def test_fails_if_the_server_is_not_vsphere(
    settings: VSphereSettings, fake_host: Callable[[bytes], Any], answer: bytes
) -> None:
    host = fake_host(answer)
    with pytest.raises(CannotConnectError, match=f"cannot connect to vSphere at 127.0.0.1:{host.port}"):
        product(replace(settings, server=f"127.0.0.1:{host.port}", ca_file=str(host.ca_file)))


def test_leaving_the_session_logs_out(settings: VSphereSettings, session: VSphereSession) -> None:
    def sessions() -> set[str]:
        return {entry.key for entry in session.content.sessionManager.sessionList}

    before = sessions()
    with VSphereSession(settings):
        assert len(sessions() - before) == 1
    assert sessions() == before


def test_fails_with_the_error_of_a_task(session: VSphereSession, machines: Any, waits: Any) -> None:
    machine = machines.make("task-fails", b"")
    task = machine.reference.PowerOffVM_Task()
    with pytest.raises(VSphereFaultError, match="switch it off: InvalidPowerState: ") as caught:
        session.wait_for_task(task, "switch it off", waits)
    assert "existing state poweredOff" in caught.value.message


def test_a_task_is_polled_until_it_ends(session: VSphereSession, waits: Any) -> None:
    states = iter(["queued", "running", "success"])
    session.properties = lambda *_: {"info.state": next(states), "info.result": 7}  # type: ignore[method-assign]
    assert session.wait_for_task(object(), "count", waits) == 7
    assert waits.seconds == [1.0, 1.0]
