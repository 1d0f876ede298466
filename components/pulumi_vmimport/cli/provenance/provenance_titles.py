"""What is shown of each fact of a provenance, from the image back to its source."""

PROVENANCE_TITLES = {
    "image": "from AMI",
    "importTask": "import task",
    "object": "disk images",
    "diskSha256": "SHA-256 of disks",
    "virtualMachine": "virtual machine",
    "stack": "Pulumi stack",
    "resource": "Pulumi resource",
}
