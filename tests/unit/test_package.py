import pytest

import pulumi_vmimport


def test_fails_on_import_instance_with_a_pointer_to_what_there_is() -> None:
    with pytest.raises(ImportError, match=r"no ImportInstance.*import the machine with ImportImage"):
        from pulumi_vmimport import ImportInstance  # noqa: F401, PLC0415 - the claim


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'ImportVolume'"):
        pulumi_vmimport.ImportVolume  # noqa: B018 - the claim


def test_usage_operation_is_public() -> None:
    assert pulumi_vmimport.usage_operation("Windows Server", "BYOL") == "RunInstances:0800"
