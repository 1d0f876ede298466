"""An account with WorkSpaces images, finished at once."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.sandbox.aws.conftest import Account, Samples

HERE, THERE = "eu-west-1", "us-west-2"


class Desktops:
    """Finished images of an account, with the calls that most tests start from."""

    def __init__(self, account: "Account", samples: "type[Samples]") -> None:
        self.account, self.aws, self.calls, self.samples = account, account.aws, account.workspaces, samples
        self._made = 0

    def there(self, region: str = THERE) -> Any:
        """WorkSpaces in another Region."""
        return self.aws.client("workspaces", region)

    def plain(self, **change: Any) -> str:
        """An image of a WorkSpace, whose Windows is Amazon's."""
        workspace = self.aws.make_workspace()
        self._made += 1
        request = {"Name": f"plain{self._made}", "Description": "a desktop", "WorkspaceId": workspace, **change}
        image_id = self.calls.create_workspace_image(**request)["ImageId"]
        self.aws.clock.advance(self.aws.settings.create_workspace_image_seconds)
        return str(image_id)

    def byol(self, os_type: str = "windows9_64Guest") -> str:
        """An image whose Windows the account brought."""
        image_id = self.ingest(self.ami(os_type))
        self.aws.clock.advance(self.aws.settings.import_workspace_image_seconds)
        return image_id

    def ingest(self, ami: str) -> str:
        """An image that is still in the making."""
        self._made += 1
        request = {"ImageName": f"byol{self._made}", "ImageDescription": "d", "IngestionProcess": "BYOL_REGULAR_WSP"}
        return str(self.calls.import_workspace_image(Ec2ImageId=ami, **request)["ImageId"])

    def ami(self, os_type: str = "windows9_64Guest") -> str:
        self.account.put("desktop.ova", self.samples.ova(os_type))
        return str(self.account.imported("desktop.ova")["ImageId"])

    def found(self, image_id: str, calls: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = (calls or self.calls).describe_workspace_images(ImageIds=[image_id])["Images"][0]
        return found

    def share(self, image_id: str, account_id: str, allow: bool = True) -> None:
        request = {"ImageId": image_id, "SharedAccountId": account_id, "AllowCopyImage": allow}
        self.calls.update_workspace_image_permission(**request)

    def refused(self, call: Any, **parameters: Any) -> tuple[str, str]:
        return self.account.refused(call, **parameters)


@pytest.fixture
def desktops(ready: "Account", samples: "type[Samples]") -> Desktops:
    return Desktops(ready, samples)
