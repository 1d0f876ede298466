"""The queue for a Region's quota of import tasks."""

from pulumi_vmimport.lifecycle.quota_queue import QuotaQueue

IMPORT_QUEUE = QuotaQueue()
"""Image and snapshot imports share the quota."""
