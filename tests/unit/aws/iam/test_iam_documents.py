from pulumi_vmimport.aws.iam import iam_documents


def test_the_trust_policy_is_that_of_the_guide() -> None:
    assert iam_documents.trust_policy() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "vmie.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:Externalid": "vmimport"}},
            }
        ],
    }


def test_with_an_account_only_its_tasks_can_assume_the_role() -> None:
    (statement,) = iam_documents.trust_policy(account_id="123456789012", partition="aws-cn")["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"sts:Externalid": "vmimport", "aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws-cn:vmie:*:123456789012:*"},
    }


def test_a_role_for_imports_has_the_permissions_of_the_guide() -> None:
    assert iam_documents.role_policy(import_buckets=["images"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
                "Resource": ["arn:aws:s3:::images", "arn:aws:s3:::images/*"],
            },
            {
                "Effect": "Allow",
                "Action": [
                    "ec2:ModifySnapshotAttribute",
                    "ec2:CopySnapshot",
                    "ec2:RegisterImage",
                    "ec2:Describe*",
                ],
                "Resource": "*",
            },
        ],
    }


def test_exports_keys_and_license_manager_add_statements() -> None:
    policy = iam_documents.role_policy(
        import_buckets=[],
        export_buckets=["exports"],
        kms_key_arns=["arn:key"],
        license_manager=True,
        partition="aws-cn",
    )
    exports, ec2, kms, licenses = policy["Statement"]
    assert exports == {
        "Effect": "Allow",
        "Action": [
            "s3:GetBucketLocation",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
            "s3:GetBucketAcl",
        ],
        "Resource": ["arn:aws-cn:s3:::exports", "arn:aws-cn:s3:::exports/*"],
    }
    assert ec2["Resource"] == "*"
    assert kms == {
        "Effect": "Allow",
        "Action": [
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ],
        "Resource": ["arn:key"],
    }
    assert licenses == {
        "Effect": "Allow",
        "Action": [
            "license-manager:GetLicenseConfiguration",
            "license-manager:UpdateLicenseSpecificationsForResource",
            "license-manager:ListLicenseSpecificationsForResource",
        ],
        "Resource": "*",
    }


def test_the_statement_for_a_key_policy_lets_only_the_role_decrypt() -> None:
    assert iam_documents.sse_kms_key_statement("arn:aws:iam::123456789012:role/vmimport") == {
        "Sid": "Allow vmimport to decrypt SSE-KMS key",
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::123456789012:role/vmimport"]},
        "Action": ["kms:Decrypt"],
        "Resource": "*",
    }
