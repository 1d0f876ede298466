import pytest

from pulumi_vmimport.aws.tables.known_failures import KnownFailure, explain, find, is_denial, table, with_explanation

FAILURES = table().failures


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("ClientError: Unsupported OVA format.", "TR-91"),
        ("disk validation failed: OVA file format is unsupported", "TR-91"),
        ("ClientError: UEFI boot is not supported for this image", "TR-92"),
        ("client error - EFI partition was found on disk 2", "TR-92"),
        ("The provided disk file is corrupted", "TR-93"),
        ("ClientError: corrupt image file", "TR-93"),
        ("ClientError: uncompressed data has invalid length!", "TR-06"),
        ("Unable to activate Windows", "TR-94"),
        ("ClientError: Windows is not activated (0xC004F074)", "TR-94"),
        ("ClientError: FirstBootFailure, activation error 0xc004f038", "TR-94"),
        ("Forbidden (403)", "TR-57"),
        ("Task export-i-1 expired, and was automatically cancelled.", "TR-95"),
    ],
)
def test_a_second_wording_is_the_same_failure(words: str, id: str) -> None:
    found = find(words)
    assert found is not None
    assert found.id == id


@pytest.mark.parametrize(
    ("words", "id"),
    [
        pytest.param("Unsupported: No bootable partition found. (Service: AmazonEC2)", "TR-04", id="instance-import"),
        pytest.param("ClientError: No bootable partition found", "TR-22", id="image-import"),
        pytest.param("NotExportable: The snapshot ID (snap-1) of the instance does not exist.", "TR-29", id="base"),
        pytest.param("AuthFailure: READ_ACL and WRITE permissions are required", "TR-73", id="export-bucket"),
        pytest.param("AuthFailure: Not authorized for images: [ami-1]", "TR-74", id="shared-image"),
        pytest.param("AuthFailure: not able to validate the provided access credentials", "TR-53", id="region"),
        pytest.param("NotExportable: This instance cannot be exported.", "TR-13", id="not-exportable"),
        pytest.param("AccessDenied: not authorized to perform: kms:Decrypt on key/1", "TR-52", id="caller-and-key"),
        pytest.param("403: Forbidden (in HeadObject)", "TR-52", id="caller-and-object"),
        pytest.param("ClientError: kms:Decrypt failed", "TR-63", id="key"),
        pytest.param("RequestLimitExceeded: Request limit exceeded.", None, id="throttling-is-no-quota"),
        pytest.param("InvalidParameter: cancelled (in CancelImportTask)", None, id="a-word-alone"),
    ],
)
def test_the_most_specific_failure_is_found(words: str, id: str | None) -> None:
    found = find(words)
    assert (found.id if found else None) == id


# The forms of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
@pytest.mark.parametrize(
    ("reason", "id"),
    [
        ("with an explicit deny in a service control policy", "TR-81"),
        ("with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/p-1", "TR-81"),
        ("because no service control policy allows the ec2:ImportImage action", "TR-81"),
        ("with an explicit deny in a resource control policy", "TR-81"),
        ("with an explicit deny in a permissions boundary", "TR-82"),
        ("because no permissions boundary allows the ec2:ImportImage action", "TR-82"),
        ("because no session policy allows the ec2:ImportImage action", "TR-83"),
        ("with an explicit deny in a VPC endpoint policy", "TR-84"),
        ("with an explicit deny in a resource-based policy", "TR-85"),
        ("with an explicit deny in the role trust policy", "TR-85"),
        ("with an explicit deny in an identity-based policy", "TR-86"),
        ("because no resource-based policy allows the s3:GetObject action", "TR-87"),
        ("because no role trust policy allows the sts:AssumeRole action", "TR-87"),
        ("with an explicit deny in a policy of another kind", "TR-88"),
        ("because no identity-based policy allows the s3:GetObject action", "TR-52"),
    ],
)
def test_a_denial_is_explained_by_the_kind_of_policy_that_aws_names(code: str, reason: str, id: str) -> None:
    words = f"{code}: User: arn:aws:iam::1:user/ops is not authorized to perform: s3:GetObject on resource: x {reason}"
    found = find(words)
    assert found is not None
    assert found.id == id
    assert is_denial(words) is (id != "TR-52")
    assert ("grant" in found.remedy or "allow it in" in found.remedy) is (id == "TR-52")


def test_an_explanation_has_cause_id_remedy_and_checks() -> None:
    words = "ClientError: Disk validation failed [Unsupported VMDK File Format]"
    known = find(words)
    assert known is not None
    assert explain(words) == (
        f"{known.cause} (TR-35); {known.remedy}; in preview, {known.preview}; manual check: {known.by_hand}"
    )
    assert with_explanation(words) == f"{words}; {explain(words)}"


def test_an_explanation_omits_absent_checks_and_refers_to_other_failures() -> None:
    known = find("ClientError: Unsupported configuration - Multiple directories found")
    assert known is not None
    assert known.explanation == f"{known.cause} (TR-25, see also TR-23); {known.remedy}; in preview, {known.preview}"


def test_an_unknown_failure_of_a_task_refers_to_the_page_of_aws_and_that_of_a_call_stays_alone() -> None:
    page = "https://docs.aws.amazon.com/vm-import/latest/userguide/vmimport-troubleshooting.html"
    assert f"see {page}" in explain("no idea")
    assert with_explanation("InvalidParameter: no idea") == "InvalidParameter: no idea"


def test_all_references_of_the_table_resolve() -> None:
    known = table()
    ids = [failure.id for failure in known.failures]
    assert len(ids) == len(set(ids))
    assert {id for failure in known.failures for id in failure.see_also} <= set(ids)
    assert {failure.section for failure in known.failures} == set(known.sections)
    assert {failure.source for failure in known.failures} == set(known.sources)


def test_a_failure_has_a_message_with_a_pattern_or_a_symptom() -> None:
    for failure in FAILURES:
        assert (failure.message is None) == (failure.pattern is None) == (failure.symptom is not None), failure.id
        assert not failure.code or failure.message, failure.id


@pytest.mark.parametrize("failure", [pytest.param(f, id=f.id) for f in FAILURES])
def test_cause_and_remedy_are_clauses_of_a_sentence(failure: KnownFailure) -> None:
    assert ";" not in failure.cause, "the explanation separates its clauses with semicolons"
    for clause in filter(None, (failure.cause, failure.remedy, failure.preview, failure.by_hand)):
        assert "\n" not in clause
        assert clause[-1] not in ".;:"
