"""How Pulumi's state treats the URL of a disk image."""

from pulumi_vmimport.aws.s3.presigned_urls import without_signature
from pulumi_vmimport.lifecycle.schema import StateHandling

DISK_URL = StateHandling(is_secret=lambda url: not url.startswith("s3://"), comparable=without_signature)
"""An https URL may be presigned: the state encrypts it, and the same URL with a new signature is no change."""
