import pytest

from pulumi_vmimport.lifecycle.native_identity import dynamic_type, identity_urn, native_type, resource_of

RESOURCES = frozenset({"ImportImage", "DiskImageUpload"})
DYNAMIC = "pulumi-python:dynamic/vmimport:ImportImage"


@pytest.mark.parametrize(
    ("native", "dynamic"),
    [
        ("vmimport:index:ImportImage", DYNAMIC),
        (
            "vmimport:index:ByolWorkspaceImage$vmimport:index:ImportImage",
            f"vmimport:index:ByolWorkspaceImage${DYNAMIC}",
        ),
        (
            "vmimport:index:DiskImageUpload$vmimport:index:ImportImage",
            f"pulumi-python:dynamic/vmimport:DiskImageUpload${DYNAMIC}",
        ),
        ("other:index:ImportImage$vmimport:index:ImportImage", f"other:index:ImportImage${DYNAMIC}"),
    ],
)
def test_the_identity_is_that_of_the_same_resource_of_the_dynamic_provider(native: str, dynamic: str) -> None:
    def urn(types: str) -> str:
        return f"urn:pulumi:dev::web::{types}::a::b"

    assert identity_urn(urn(native), RESOURCES) == urn(dynamic)
    assert identity_urn(urn(dynamic), RESOURCES) == urn(dynamic)
    assert resource_of(urn(native)) == "ImportImage"


def test_both_tokens_name_the_resource() -> None:
    assert (native_type("ImportImage"), dynamic_type("ImportImage")) == ("vmimport:index:ImportImage", DYNAMIC)
