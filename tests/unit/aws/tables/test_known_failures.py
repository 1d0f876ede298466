import pytest

from pulumi_vmimport.aws.tables.known_failures import KnownFailure, catalogue, explain, find, with_explanation

FAILURES = catalogue().failures


@pytest.mark.parametrize("failure", [pytest.param(f, id=f.id) for f in FAILURES if f.said])
def test_the_words_of_a_failure_find_it_and_none_of_the_others_before_it(failure: KnownFailure) -> None:
    words = f"{failure.code}: {failure.said} (in SomeCall)" if failure.code else str(failure.said)
    assert find(words) is failure
    assert find(words.upper()) is failure


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
        pytest.param("ClientError: kms:Decrypt failed", "TR-63", id="key"),
        pytest.param("RequestLimitExceeded: Request limit exceeded.", None, id="throttling-is-no-quota"),
        pytest.param("InvalidParameter: cancelled (in CancelImportTask)", None, id="a-word-alone"),
    ],
)
def test_of_several_failures_the_special_one_counts(words: str, id: str | None) -> None:
    found = find(words)
    assert (found.id if found else None) == id


def test_a_task_s_explanation_has_cause_id_remedy_and_how_to_see_it_earlier() -> None:
    assert explain("ClientError: Disk validation failed [Unsupported VMDK File Format]") == (
        "the VMDK is not stream-optimized, as the ones in a datastore are not (TR-35); export it from vSphere as OVF or "
        "OVA, or convert it: `qemu-img convert -O vmdk -o subformat=streamOptimized`; earlier: preview: ImportImage looks "
        "into the image, as `vmimport inspect` does: `vmdk-not-stream-optimized`; `qemu-img info disk.vmdk` says "
        "streamOptimized"
    )


def test_unknown_words_of_a_task_come_with_aws_s_page_and_those_of_a_call_alone() -> None:
    assert "not in the catalogue; see https://docs.aws.amazon.com/" in explain("no idea")
    assert with_explanation("InvalidParameter: no idea") == "InvalidParameter: no idea"


def test_what_the_catalogue_refers_to_is_there() -> None:
    known = catalogue()
    ids = [failure.id for failure in known.failures]
    assert len(ids) == len(set(ids))
    assert {id for failure in known.failures for id in failure.leads_to} <= set(ids)
    assert {failure.section for failure in known.failures} == set(known.sections)
    assert {failure.source for failure in known.failures} == set(known.sources)


def test_a_failure_has_words_and_a_pattern_for_them_or_something_to_be_seen() -> None:
    for failure in FAILURES:
        assert (failure.said is None) == (failure.pattern is None) == (failure.symptom is not None), failure.id
        assert not failure.code or failure.said, failure.id
