"""Twenty ImportImage resources in one stack compared with one: wall time and Describe calls.

Real engine, simulated AWS. Both are measured in one session, so that the ratios hold on any machine. Bars: wall time at
most 1.3 times, and Describe calls a minute at most 1.5 times those of one import.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from pulumi import automation

from pulumi_vmimport import ImportImage
from pulumi_vmimport.aws.iam import iam_documents
from pulumi_vmimport_sandbox import Sandbox, SandboxClock, toolchain

REGION, BUCKET, KEY = "eu-west-1", "images-of-web", "web.raw"
# Slow enough that the run waits for the import task (half an hour of AWS's time), not for processes to start.
CLOCK_FACTOR = 60.0
POLL_SECONDS = 1.0


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory:
        rows = [(count, *measure(Path(directory) / str(count), count)) for count in (1, 20)]
    print(f"{'imports':>8} {'wall s':>8} {'Describe calls':>15} {'a minute':>9}")
    for count, seconds, calls in rows:
        print(f"{count:>8} {seconds:>8.1f} {calls:>15} {60 * calls / seconds:>9.0f}")
    (_, one, one_calls), (_, twenty, twenty_calls) = rows
    print(f"ratio of wall {twenty / one:.2f} (bar 1.3), of Describe calls a minute ", end="")
    print(f"{(twenty_calls / twenty) / (one_calls / one):.2f} (bar 1.5)")


def measure(directory: Path, count: int, quota: int = 20, parallel: int = 32) -> tuple[float, int]:
    """Run one `up` with `count` imports, of which AWS runs `quota` at once.

    Returns (seconds, DescribeImportImageTasks calls).
    """
    with Sandbox(directory / "sandbox", vsphere=False, clock=SandboxClock.fast(CLOCK_FACTOR)) as sandbox:
        prepare(sandbox, quota)
        container = {"format": "RAW", "user_bucket": {"s3_bucket": BUCKET, "s3_key": KEY}}

        def program() -> None:
            for i in range(count):
                args: Any = {"disk_containers": [container], "platform": "Windows", "source_hash": str(i)}
                ImportImage(f"web{i}", args)

        stack = automation.create_or_select_stack(
            "dev",
            "bench",
            program=program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(directory),
                env_vars={**sandbox.environment, "VMIMPORT_POLL_SECONDS": str(POLL_SECONDS)},
                pulumi_command=command(directory),
            ),
        )
        start = time.monotonic()
        stack.up(parallel=parallel)
        seconds = time.monotonic() - start
        assert len(sandbox.aws.import_tasks) == count
        return seconds, len(sandbox.aws.calls.of("DescribeImportImageTasks"))


def command(directory: Path) -> automation.PulumiCommand:
    """The engine, in the layout that the Automation API expects."""
    (directory / "bin").mkdir(parents=True)
    (directory / "bin" / "pulumi").symlink_to(toolchain.engine().path)
    return automation.PulumiCommand(str(directory))


def prepare(sandbox: Sandbox, quota: int = 20) -> None:
    """Create bucket, object and role; set the number of concurrent tasks in the Region."""
    sandbox.aws.settings.active_import_quota = quota
    s3, iam = sandbox.aws.observer("s3", REGION), sandbox.aws.observer("iam")
    head = bytearray(1 << 20)
    head[446:462] = bytes.fromhex("80000200 07feffff 01000000 ff070000")
    head[510:512] = b"\x55\xaa"
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=bytes(head))
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(iam_documents.trust_policy()))
    policy = json.dumps(iam_documents.role_policy(import_buckets=[BUCKET]))
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=policy)
    sandbox.clock.advance(3600)


if __name__ == "__main__":
    main()
