import pulumi
from pulumi.runtime import set_mocks

from pulumi_vmimport.testing import VmimportMocks

mocks = VmimportMocks(outputs={"ImportImage": {"image_id": "ami-0123456789abcdef0"}})
set_mocks(mocks, project="shop", stack="dev")

from pulumi_vmimport import ImportImage  # noqa: E402 - resources are declared after the mocks are set


@pulumi.runtime.test
def test_the_program_imports_with_its_own_license() -> pulumi.Output[None]:
    web = ImportImage("web", disk_containers=[{"url": "s3://images-of-web/web.raw"}], license_type="BYOL")

    def check(values: list[str]) -> None:
        assert values == ["ami-0123456789abcdef0", "web-importTaskId"]
        assert mocks.resources[-1].inputs["licenseType"] == "BYOL"

    return pulumi.Output.all(web.image_id, web.import_task_id).apply(check)
