"""The algorithms of server-side encryption.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from enum import StrEnum


class SseAlgorithm(StrEnum):
    """S3's ServerSideEncryption."""

    AES256 = "AES256"
    KMS = "aws:kms"
    KMS_DSSE = "aws:kms:dsse"
