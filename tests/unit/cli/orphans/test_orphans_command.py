import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.cli import searched_account
from pulumi_vmimport.cli.inspect.inspect_command import inspect
from pulumi_vmimport.cli.orphans.orphans_command import orphans
from pulumi_vmimport_sandbox.aws.server.aws_sandbox import AwsSandbox

Run = Callable[..., Any]
COMMANDS: dict[str, click.Command] = {"inspect": inspect, "orphans": orphans}


def test_without_an_export_everything_is_listed_with_unknown_owner(run: Run, begin_import: Any) -> None:
    task = begin_import()
    begin_import(tags=[])
    result = run()
    assert result.exit_code == 0
    (line,) = [line for line in result.output.splitlines() if "import-ami-" in line]
    cells = ["unknown", "image import task", task, "eu-west-1", "shop/dev", "ImportImage::web", "pending (1%)", "-"]
    assert re.split(r" {2,}", line) == cells
    assert "no stack export to compare with" in result.output


def test_an_orphan_is_listed_and_gives_status_1(run: Run, begin_import: Any, export: Any) -> None:
    task = begin_import()
    result = run(export=export())
    assert result.exit_code == 1
    assert f"orphan  image import task  {task}" in result.output
    assert "compared with the state of shop/dev, last updated at 2100-01-01 00:00 UTC" in result.output


def test_json_has_every_fact(run: Run, begin_import: Any, end_imports: Any, export: Any, aws: AwsSandbox) -> None:
    image, _ = end_imports(begin_import())
    result = run("--json", export=export())
    shown = json.loads(result.stdout)
    assert {name: shown[name] for name in ("account", "regions", "stack", "notListed", "removed")} == {
        "account": aws.account_id,
        "regions": ["eu-west-1"],
        "stack": "shop/dev",
        "notListed": [],
        "removed": None,
    }
    thing = next(thing for thing in shown["things"] if thing["id"] == image)
    assert thing.pop("created").startswith("20")
    assert thing.pop("ageSeconds") >= 0
    assert thing == {
        "owner": "orphan",
        "reason": "the state of shop/dev does not contain its id",
        "kind": "AMI",
        "id": image,
        "region": "eu-west-1",
        "stack": "shop/dev",
        "resource": "ImportImage::web",
        "state": "available",
        "uploadId": None,
    }


def test_the_list_can_be_restricted_to_one_stack(owners: Any, begin_import: Any) -> None:
    task = begin_import()
    begin_import(stack="shop/prod")
    assert owners("--stack", "shop/dev") == {task: "unknown"}


def test_several_regions_are_searched_and_a_bucket_in_its_own_region(
    run: Run, begin_import: Any, aws: AwsSandbox
) -> None:
    begin_import()
    listed = run("--region", "us-east-1", "--region", "eu-west-1", "--bucket", "images-of-web")
    assert listed.exit_code == 0
    assert "import-ami-" in listed.output
    regions = [call.region for call in aws.calls if call.operation == "DescribeImportImageTasks"]
    assert sorted(regions) == ["eu-west-1", "us-east-1"]
    assert "import-ami-" not in run("--region", "us-east-1").output


def test_all_regions_are_the_enabled_regions_of_the_account(
    run: Run, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ec2 = searched_account.connection(AwsSettings()).client("ec2")
    enabled = {"Regions": [{"RegionName": "eu-west-2"}, {"RegionName": "eu-west-1"}]}
    monkeypatch.setattr(ec2, "describe_regions", lambda: enabled)
    assert run("--all-regions").output.startswith(f"account {aws.account_id}, eu-west-1, eu-west-2; ")
    assert {call.region for call in aws.calls if call.operation == "DescribeSnapshots"} == {"eu-west-1", "eu-west-2"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--stack", "dev"], "expected PROJECT/STACK, got 'dev'", id="stack"),
        pytest.param(["--region", "eu-west-1", "--all-regions"], "cannot be used together", id="regions"),
        pytest.param(["ami-1"], "add --remove", id="ids-alone"),
        pytest.param(["--remove"], "requires --stack-export", id="no-proof"),
        pytest.param(["--remove", "--stack-export", "-"], "requires --yes", id="cannot-ask"),
        pytest.param(["--stack-export", "nowhere.json"], "'nowhere.json' cannot be read: No such file", id="no-file"),
        pytest.param(["--stack-export", "C:\\web.json"], "'C:\\web.json' cannot be read", id="windows-path"),
        pytest.param(["--stack-export", "/"], "'/' cannot be read: Is a directory", id="folder"),
        pytest.param(["--bucket", "nowhere"], "there is no bucket 'nowhere'", id="no-bucket"),
        pytest.param(
            ["--bucket", "images-of-web", "--region", "us-east-1"],
            "'images-of-web' is in eu-west-1: add --region eu-west-1",
            id="bucket-elsewhere",
        ),
    ],
)
def test_fails_with_status_2_for_invalid_options(run: Run, options: list[str], words: str) -> None:
    result = run(*options)
    assert result.exit_code == 2
    assert words in result.output


def test_fails_with_status_2_when_a_listing_is_denied_and_lists_the_rest(
    run: Run, begin_import: Any, aws: AwsSandbox
) -> None:
    task = begin_import()
    aws.faults.deny("DescribeWorkspaceImages")
    aws.faults.deny("ListMultipartUploads")
    result = run()
    assert result.exit_code == 2
    assert task in result.stdout
    assert "not listed: WorkSpaces images in eu-west-1: AccessDeniedException: " in result.stderr
    assert '"Action": "workspaces:DescribeWorkspaceImages"' in result.stderr
    assert "not listed: multipart uploads to bucket images-of-web in eu-west-1: AccessDenied: " in result.stderr


def test_throttling_and_server_errors_are_retried(
    run: Run, begin_import: Any, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    begin_import()
    aws.faults.throttle("DescribeImportImageTasks", times=3)
    aws.faults.server_error("DescribeImages", times=2)
    assert run().exit_code == 0


def test_fails_in_one_line_with_expired_credentials(run: Run, aws: AwsSandbox) -> None:
    aws.faults.error("GetCallerIdentity", "ExpiredToken", "The security token included in the request is expired")
    result = run()
    assert result.exit_code == 2
    assert result.output == (
        "Error: ExpiredToken: The security token included in the request is expired (in GetCallerIdentity); "
        "log in, or set --aws-profile\n"
    )


@pytest.mark.parametrize(
    ("options", "settings", "words"),
    [
        pytest.param([], {"AWS_REGION": "eu-west-1"}, "Unable to locate credentials; log in", id="no-credentials"),
        pytest.param([], {}, "no Region is set: add --region, or set AWS_REGION", id="no-region"),
        pytest.param(
            ["--aws-profile", "nobody"], {}, "The config profile (nobody) could not be found", id="no-profile"
        ),
    ],
)
def test_fails_in_one_line_without_credentials_region_or_profile(
    options: list[str], settings: dict[str, str], words: str, tmp_path: Path
) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "pulumi_vmimport.cli", "orphans", *options]
    ended = subprocess.run(command, env={**bare, **nothing, **settings}, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr


def test_the_former_name_of_the_profile_still_works_and_names_the_new_one(run: Run) -> None:
    result = run("--profile", "nobody")
    assert "use --aws-profile" in result.stderr
    assert result.exit_code == 2
    assert "nobody" in result.output


def test_fails_with_a_state_of_another_account_before_anything_is_listed(
    run: Run, begin_import: Any, export: Any, in_state: Any, aws: AwsSandbox
) -> None:
    begin_import()
    result = run("--remove", "--yes", export=export(in_state("ami-1", awsAccountId="222222222222")))
    assert result.exit_code == 2
    assert "account 222222222222" in result.output
    assert f"account {aws.account_id}" in result.output
    assert aws.calls.writes() == []
    assert run(export=export(in_state("ami-1", awsAccountId=aws.account_id))).exit_code == 1


def test_profile_has_one_meaning_in_the_help_of_all_commands() -> None:
    shown = {name: [p for p in command.params if not getattr(p, "hidden", False)] for name, command in COMMANDS.items()}
    meanings = {
        option: {
            getattr(parameter, "help", None)
            for parameters in shown.values()
            for parameter in parameters
            if option in parameter.opts
        }
        for option in ("--profile", "--aws-profile")
    }
    assert {option: len(found) for option, found in meanings.items()} == {"--profile": 1, "--aws-profile": 1}
