"""The functions as a Python program calls them."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.unit.conftest import World

from pulumi_vmimport import (
    GetProvenanceResult,
    get_inspection,
    get_inspection_output,
    get_provenance,
    get_provenance_output,
    get_service_role_problems,
    get_supported_systems,
)
from pulumi_vmimport.functions import program_calls
from pulumi_vmimport.functions.local_calls import answer
from pulumi_vmimport.functions.program_calls import FunctionCallError
from pulumi_vmimport.lifecycle.function import FunctionError
from pulumi_vmimport.lifecycle.unknown import UNKNOWN

TOKEN = "vmimport:index:getProvenance"
ANSWER = {
    "id": "ami-1",
    "kind": "AMI",
    "accountId": "123456789012",
    "region": "eu-west-1",
    "provenance": {"stack": "shop/dev"},
}
RESULT = GetProvenanceResult(
    id="ami-1", kind="AMI", account_id="123456789012", region="eu-west-1", provenance={"stack": "shop/dev"}
)


@pytest.fixture
def in_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions run in the process of the program, as they do without mocks and without the native provider."""
    monkeypatch.setattr(program_calls, "_is_mocked", lambda: False)
    monkeypatch.setenv("PULUMI_VMIMPORT_HOST", "dynamic")


@pytest.fixture
def world() -> World:
    return World(answers={TOKEN: ANSWER})


def test_mocks_answer_both_forms(world: World) -> None:
    assert world.deploy(lambda: get_provenance(id="ami-1")) == RESULT
    assert world.deploy(lambda: get_provenance_output(id=pulumi.Output.from_input("ami-1"))) == RESULT
    assert [(call.token, call.args) for call in world.calls] == [(TOKEN, {"id": "ami-1"})] * 2


def test_arguments_reach_the_provider_in_camel_case_without_the_absent_ones(world: World) -> None:
    token = "vmimport:index:getServiceRoleProblems"
    world.answers[token] = {"roleName": "vmimport", "isSufficient": True, "problems": [], "doubts": []}
    objects: Any = [{"bucket": "b", "key": "k"}]
    world.deploy(lambda: get_service_role_problems(import_objects=objects, assume_role_arn="arn:aws:iam::1:role/x"))
    assert world.calls[-1].args == {
        "roleName": "vmimport",
        "importBuckets": [],
        "importObjects": [{"bucket": "b", "key": "k"}],
        "exportBuckets": [],
        "kmsKeyArns": [],
        "licenseManager": False,
        "assumeRoleArn": "arn:aws:iam::1:role/x",
    }


def test_fails_for_an_output_in_the_plain_form(world: World) -> None:
    def program() -> Any:
        id: Any = pulumi.Output.from_input("ami-1")
        return get_provenance(id=id)

    with pytest.raises(
        FunctionCallError, match=r"get_provenance: id: expected a plain value, got an Output; call get_p"
    ):
        world.deploy(program)


def test_fails_for_the_provider_of_another_package(world: World) -> None:
    def program() -> Any:
        provider = pulumi.ProviderResource("vsphere", "other")
        return get_provenance(id="ami-1", opts=pulumi.InvokeOptions(provider=provider))

    with pytest.raises(
        FunctionCallError, match=r"get_provenance: expected an aws\.Provider as provider, got one of vs"
    ):
        world.deploy(program)


def test_the_words_of_the_native_provider_are_shown_alone(world: World) -> None:
    world.answers[TOKEN] = "ami-1 does not exist in eu-west-1"
    with pytest.raises(FunctionCallError, match=r"^get_provenance: ami-1 does not exist in eu-west-1"):
        world.deploy(lambda: get_provenance(id="ami-1"))
    with pytest.raises(FunctionCallError, match=r"^get_provenance: ami-1 does not exist in eu-west-1"):
        world.deploy(lambda: get_provenance_output(id="ami-1"))


def test_a_function_runs_in_the_program_without_a_provider(world: World, in_the_program: None, tmp_path: Path) -> None:
    file = tmp_path / "web.raw"
    file.write_bytes(bytes(512))
    plain = world.deploy(lambda: get_inspection(path=file))
    assert plain == world.deploy(lambda: get_inspection_output(path=pulumi.Output.from_input(str(file))))
    assert plain.target == "web.raw"
    assert world.deploy(lambda: get_supported_systems(image_profile="snapshot")).systems == ()
    assert world.calls == []


def test_an_unknown_argument_makes_the_result_unknown(in_the_program: None, unknown: Any) -> None:
    world = World(preview=True)
    found = world.deploy(lambda: get_inspection_output(path=unknown()).apply(lambda result: result.target))
    assert found is UNKNOWN


def test_fails_with_every_problem_in_the_spelling_of_the_program(world: World, in_the_program: None) -> None:
    with pytest.raises(FunctionCallError) as failure:
        world.deploy(lambda: get_inspection(path="web.raw", version_id="1", key="k"))
    both = "cannot be used together with path; remove one of them"
    assert str(failure.value) == f"get_inspection: key: {both}; version_id: {both}"


def test_fails_for_an_image_that_cannot_be_read(world: World, in_the_program: None, tmp_path: Path) -> None:
    with pytest.raises(FunctionCallError, match=r"get_inspection: .*none\.raw cannot be read: No such file"):
        world.deploy(lambda: get_inspection_output(path=tmp_path / "none.raw"))


def test_the_configuration_of_the_stack_chooses_the_region() -> None:
    with pytest.raises(FunctionError, match="no Region is set"):
        answer("getProvenance", {"id": "ami-1"}, {})
    with pytest.raises(FunctionError, match="aws:accessKey"):
        answer("getProvenance", {"id": "ami-1"}, {"aws:region": "eu-west-1", "aws:secretKey": "x"})


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: Any) -> None:
        raise TypeError("a defect")

    monkeypatch.setattr("pulumi_vmimport.functions.local_calls._answer", defect)
    with pytest.raises(TypeError):
        answer("getProvenance", {}, {})
