"""getInspection returns the facts and findings that `vmimport inspect --json` prints."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.unit.functions.conftest import REGION, problems_of
from tests.unit.resources.conftest import FakeRun

from pulumi_vmimport.aws.ec2.import_request import UserBucket
from pulumi_vmimport.cli.group import vmimport
from pulumi_vmimport.functions.catalog import function_of
from pulumi_vmimport.lifecycle.property_bag import read_bag, write_bag
from pulumi_vmimport.transfer.transfer_errors import UnreadableSourceError
from pulumi_vmimport_sandbox.windows import WindowsGuest

Call = Callable[..., Any]
OF = "getInspection"


def printed(*arguments: str) -> Any:
    return json.loads(CliRunner().invoke(vmimport, ["inspect", *arguments, "--json"]).stdout)


def spelled(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the command prints, without the members that are null, which a property bag leaves out."""
    return [{name: value for name, value in finding.items() if value is not None} for finding in findings]


def test_a_local_file_has_the_findings_and_facts_of_the_command(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "web.raw"
    file.write_bytes(bytes(510) + b"\x55\xaa" + bytes(1 << 16))
    found, shown = call(OF, path=str(file)), printed(str(file))
    assert (found["target"], found["imageProfile"], found["verdict"]) == ("web.raw", "ec2", shown["verdict"])
    assert found["findings"] == spelled(shown["findings"]) != []
    assert found["hasErrors"] is any(finding["severity"] == "error" for finding in shown["findings"])
    assert json.loads(json.dumps(found["facts"])) == shown["facts"]
    assert (found.get("detectedGuest"), found["verdicts"]) == (None, [])


def test_the_guest_is_read_where_it_is_asked_for(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "windows.raw"
    WindowsGuest.healthy().disk().write_file(file)
    found, shown = call(OF, path=str(file), readGuest=True), printed(str(file), "--guest")
    assert found["detectedGuest"]["system"] == "windows"
    assert found["verdicts"] == spelled(shown["verdicts"]) != []
    assert found["verdicts"] != call(OF, path=str(file), imageProfile="byol-workspaces")["verdicts"] != []
    assert call(OF, path=str(file))["verdicts"] == []


def test_an_object_is_inspected_where_it_is(call: Call, raw_disk: UserBucket) -> None:
    found = call(OF, bucket=raw_disk.s3_bucket, key=raw_disk.s3_key)
    assert found["target"] == f"s3://{raw_disk.s3_bucket}/{raw_disk.s3_key}"
    (disk,) = found["facts"]["disks"]
    assert (disk["container"], disk["layout"]["scheme"]) == ("raw", "mbr")


def test_an_earlier_version_of_an_object_can_be_inspected(call: Call, run: FakeRun, bucket: str) -> None:
    s3: Any = run.sandbox.observer("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="web.raw", Body=bytes(510) + b"\x55\xaa")["VersionId"]
    s3.put_object(Bucket=bucket, Key="web.raw", Body=bytes(2048))
    sizes = [
        call(OF, bucket=bucket, key="web.raw", **version)["facts"]["size_bytes"]
        for version in ({}, {"versionId": first})
    ]
    assert sizes == [2048, 512]
    with pytest.raises(UnreadableSourceError, match=r"version .* of the object does not exist"):
        call(OF, bucket=bucket, key="web.raw", versionId="0" * 32)


def test_fails_for_an_image_that_cannot_be_read(call: Call, bucket: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableSourceError, match=r"s3://images-of-web/none\.raw.*does not exist"):
        call(OF, bucket=bucket, key="none.raw")
    with pytest.raises(UnreadableSourceError, match=r"none\.raw.*No such file"):
        call(OF, path=str(tmp_path / "none.raw"))


def test_a_local_file_needs_no_region(tmp_path: Path) -> None:
    file = tmp_path / "web.raw"
    file.write_bytes(bytes(512))
    function = function_of(OF)
    inputs, problems = read_bag(function.inputs_type, {"path": str(file)})
    assert [*problems, *function.check(inputs)] == []
    assert write_bag(function.call(None, inputs))["target"] == "web.raw"  # type: ignore[arg-type] # it makes no call


def test_fails_without_an_image_and_with_two() -> None:
    needed = "is required; set path for a local file, or bucket and key for an object in S3"
    assert problems_of(OF) == {"bucket": needed}
    assert problems_of(OF, region=REGION, bucket="images-of-web") == {"key": needed}
    both = "cannot be used together with path; remove one of them"
    assert problems_of(OF, path="web.raw", bucket="b", key="k") == {"bucket": both, "key": both}
    assert problems_of(OF, path="") == {"path": "expected the path of a file, got ''"}
    assert set(problems_of(OF, bucket="b", key="k")) == {"region"}
