import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.host_access import connection_problem, disk_host, unreachable_remedy
from pulumi_vmimport.vsphere.nfc_download import open_disk
from pulumi_vmimport.vsphere.session import VSphereSession
from pulumi_vmimport.vsphere.vsphere_errors import DownloadError
from pulumi_vmimport_sandbox.vcenter import VCenterSandbox


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_disks_of_a_machine_are_served_by_its_esxi_host(machines: Any, vcenter: VCenterSandbox) -> None:
    machine = machines.make("web")
    assert machine.disk_host() == (vcenter.host, vcenter.port)
    assert connection_problem(*machine.disk_host()) is None


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"summary.config.name": "esx01.corp", "summary.config.port": 443}, ("esx01.corp", 443)),
        ({"summary.config.name": "esx01.corp", "summary.config.port": 902}, ("esx01.corp", 443)),
        ({"name": "esx02.corp"}, ("esx02.corp", 443)),
        ({}, None),
    ],
)
def test_a_host_without_a_port_of_its_web_server_uses_https(
    session: VSphereSession, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], expected: Any
) -> None:
    answers = {"machine": {"runtime.host": "host"}, "host": config}
    monkeypatch.setattr(session, "properties", lambda reference, *_: answers[reference])
    assert disk_host(session, "machine") == expected


def test_a_session_with_the_host_itself_needs_no_other_connection(session: VSphereSession) -> None:
    session.content.about.apiType = "HostAgent"
    assert disk_host(session, None) is None


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", ("Connection", "firewalls")),
        ("esx01.corp.invalid", ("gaierror", "DNS")),
    ],
)
def test_an_unreachable_host_is_named_with_its_port_and_the_remedy(host: str, words: tuple[str, str]) -> None:
    port = closed_port()
    problem = connection_problem(host, port)
    assert problem is not None
    for word in (*words, f"{host}:{port}", "ESXi host", "not only the vCenter"):
        assert word in problem


@pytest.mark.parametrize("host", ["127.0.0.1", "esx01.corp.invalid"])
def test_fails_to_open_a_disk_whose_host_cannot_be_reached(host: str) -> None:
    port = closed_port()
    with pytest.raises(DownloadError, match=rf"disk disk-0\.vmdk: .*ESXi host, so {host}:{port} must be") as failure:
        open_disk("disk-0.vmdk", f"https://{host}:{port}/nfc/disk-0.vmdk", ssl.create_default_context())
    assert failure.value.transient


def test_fails_to_open_a_disk_whose_host_is_not_trusted(fake_host: Callable[[bytes], Any]) -> None:
    host = fake_host(b"HTTP/1.1 200 OK\r\n\r\n")
    for context in (ssl.create_default_context(), tls.PinnedContext.of("0" * 64)):
        with pytest.raises(DownloadError, match=r"TLS-inspecting proxy.*VMIMPORT_VSPHERE_CA_FILE") as failure:
            open_disk("disk-0.vmdk", host.url, context)
        assert not failure.value.transient


def test_a_configured_proxy_is_mentioned_because_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "PROXY" not in unreachable_remedy("esx01:443", TimeoutError())
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert "HTTPS_PROXY is not used for vSphere" in unreachable_remedy("esx01:443", TimeoutError())
