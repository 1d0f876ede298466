import pulumi

from pulumi_vmimport import (
    ImportImage,
    get_inspection,
    get_provenance_output,
    get_service_role_problems,
    get_supported_systems,
)

bucket, key = "images-of-web", "web.raw"

role = get_service_role_problems(import_objects=[{"bucket": bucket, "key": key}])
disk = get_inspection(bucket=bucket, key=key)
if role.problems or disk.has_errors:
    raise pulumi.RunError("\n".join([*role.problems, *(f"{f.rule}: {f.remedy}" for f in disk.findings)]))

web = ImportImage(
    "web",
    disk_containers=[{"format": "RAW", "user_bucket": {"s3_bucket": bucket, "s3_key": key}}],
    platform="Windows",
    license_type="BYOL",
)
pulumi.export("warnings", [finding.rule for finding in disk.findings])
pulumi.export("provenance", get_provenance_output(id=web.image_id).apply(lambda found: found.provenance))
pulumi.export("tablesOf", get_supported_systems(image_profile="ec2").checked)
