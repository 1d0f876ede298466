"""Image Builder calls that make an image of an import task or of an ISO file. Messages are assumed."""

import re
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult

from pulumi_vmimport_sandbox.aws.image_builder.distribution_access import execution_role
from pulumi_vmimport_sandbox.aws.image_builder.image_calls import ImageCalls
from pulumi_vmimport_sandbox.aws.image_builder.model_validation import invalid_value
from pulumi_vmimport_sandbox.aws.vm_import.import_simulation import SimulatedImportTask

_ISO_SYSTEM = ("Windows", "Microsoft Windows 11")
_URI = re.compile(r"s3://[^/]+/.+\.iso", re.IGNORECASE)


class ImageImportCalls(ImageCalls):
    """ImportVmImage, ImportDiskImage."""

    def import_vm_image(self) -> ActionResult:
        return self.answered_once(self._import_task)

    def import_disk_image(self) -> ActionResult:
        return self.answered_once(self._import_iso)

    def _import_task(self) -> Mapping[str, Any]:
        request = self.request
        task_id, log_group = request["vmImportTaskId"], self.log_group()
        if not isinstance(self.cloud.tasks[self.account_region].get(task_id), SimulatedImportTask):
            raise invalid_value("vmImportTaskId", f"The import task {task_id} does not exist.")
        image = self.new_image(request["name"], request["semanticVersion"], request.get("tags") or {}, None)
        image.platform, image.os_version = request["platform"], request.get("osVersion")
        image.import_task_id, image.log_group, image.build_type = task_id, log_group, "IMPORT"
        return {"imageArn": image.arn}

    def _import_iso(self) -> Mapping[str, Any]:
        request, log_group = self.request, self.log_group()
        if (request["platform"], request["osVersion"]) != _ISO_SYSTEM:
            raise invalid_value("osVersion", f"The system must be {' and '.join(_ISO_SYSTEM)}.")
        if not _URI.fullmatch(request["uri"]):
            raise invalid_value("uri", "The URI must be that of an ISO file in S3.")
        infrastructure = request["infrastructureConfigurationArn"]
        if infrastructure not in self.resources.infrastructures:
            raise invalid_value("infrastructureConfigurationArn", f"{infrastructure} does not exist.")
        role = request.get("executionRole")
        if role is not None:
            execution_role(self.cloud, self.account_region, role)
        image = self.new_image(request["name"], request["semanticVersion"], request.get("tags") or {}, role)
        image.platform, image.os_version = _ISO_SYSTEM
        image.iso_uri, image.log_group, image.build_type = request["uri"], log_group, "IMPORT_ISO"
        return {"imageBuildVersionArn": image.arn}
