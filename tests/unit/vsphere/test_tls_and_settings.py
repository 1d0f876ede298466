import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.vsphere import tls
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.vsphere_errors import InvalidSettingError

ENVIRONMENT = {"VSPHERE_SERVER": "vcenter.example", "VSPHERE_USER": "root", "VSPHERE_PASSWORD": "geheim"}


def test_the_environment_variables_of_pulumi_vsphere_suffice() -> None:
    found = VSphereSettings.from_environment(ENVIRONMENT)
    assert found == VSphereSettings("vcenter.example", "root", "geheim")


def test_the_environment_configures_tls() -> None:
    found = VSphereSettings.from_environment(
        ENVIRONMENT
        | {
            "VSPHERE_ALLOW_UNVERIFIED_SSL": "true",
            "VMIMPORT_VSPHERE_CA_FILE": "/etc/vcenter.pem",
            "VMIMPORT_VSPHERE_THUMBPRINT": "AB",
        }
    )
    assert found == VSphereSettings(
        "vcenter.example", "root", "geheim", ca_file="/etc/vcenter.pem", thumbprint="AB", allow_unverified=True
    )


def test_without_a_server_there_are_no_settings() -> None:
    assert VSphereSettings.from_environment({"VSPHERE_USER": "root"}) is None


@pytest.mark.parametrize("missing", ["VSPHERE_USER", "VSPHERE_PASSWORD"])
def test_fails_for_a_server_without_user_or_password(missing: str) -> None:
    with pytest.raises(InvalidSettingError, match=f"{missing}: expected a value") as caught:
        VSphereSettings.from_environment({k: v for k, v in ENVIRONMENT.items() if k != missing})
    assert caught.value.setting == missing


def test_the_password_is_not_shown() -> None:
    assert "geheim" not in repr(VSphereSettings("vcenter.example", "root", "geheim"))


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("vcenter.example", ("vcenter.example", 443)),
        ("vcenter.example:8443", ("vcenter.example", 8443)),
        ("[2001:db8::1]", ("2001:db8::1", 443)),
        ("[2001:db8::1]:8443", ("2001:db8::1", 8443)),
    ],
)
def test_a_server_is_a_host_with_an_optional_port(server: str, address: tuple[str, int]) -> None:
    assert VSphereSettings(server, "root", "").address() == address


@pytest.mark.parametrize("server", ["https://vcenter.example", "vcenter:x", ":443", "vcenter:70000", "vcenter/sdk"])
def test_fails_for_an_invalid_server(server: str) -> None:
    with pytest.raises(InvalidSettingError, match="expected host or host:port, got"):
        VSphereSettings(server, "root", "").address()


@pytest.mark.parametrize("thumbprint", ["", "AB:CD", "g" * 40, "a" * 41])
def test_fails_for_an_invalid_thumbprint(thumbprint: str) -> None:
    with pytest.raises(InvalidSettingError, match=r"VMIMPORT_VSPHERE_THUMBPRINT: expected 40 \(SHA-1\) or 64"):
        VSphereSettings("vcenter", "root", "", thumbprint=thumbprint).tls_context()


def test_fails_for_a_ca_file_that_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingError, match=r"cannot load the certificates of '/.*/none.pem': .*No such file"):
        VSphereSettings("vcenter", "root", "", ca_file=str(tmp_path / "none.pem")).tls_context()


def test_by_default_the_certificate_and_its_name_are_verified() -> None:
    context = VSphereSettings("vcenter", "root", "").tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_ca_without_the_extensions_of_strict_verification_is_accepted(
    fake_host: Callable[[bytes], Any],
) -> None:
    context = tls.ca_context(str(fake_host(b"").ca_file))
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


def test_a_thumbprint_is_accepted_with_colons_and_in_capitals() -> None:
    digits = "0123456789abcdef0123456789abcdef01234567"
    assert tls.normalize_thumbprint(tls.with_colons(digits)) == tls.normalize_thumbprint(digits.upper()) == digits
