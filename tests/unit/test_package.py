import pytest

import pulumi_vmimport


def test_fails_on_import_instance_with_a_pointer_to_import_image() -> None:
    with pytest.raises(ImportError, match=r"ImportInstance is not supported.*ImportImage"):
        from pulumi_vmimport import ImportInstance  # type: ignore[attr-defined] # noqa: F401, PLC0415 - the claim


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'ImportVolume'"):
        pulumi_vmimport.ImportVolume  # type: ignore[attr-defined] # noqa: B018 - the claim


def test_usage_operation_is_public() -> None:
    assert pulumi_vmimport.usage_operation("Windows Server", "BYOL") == "RunInstances:0800"


def test_dir_lists_the_public_names_before_they_are_imported() -> None:
    assert set(pulumi_vmimport.__all__) <= set(dir(pulumi_vmimport))
