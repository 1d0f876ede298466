import pytest
from tests.unit.cli.report.engine_log import DYNAMIC, START, EngineLog, urn

from pulumi_vmimport.cli.command_error import CommandError
from pulumi_vmimport.cli.report.event_log import read_events
from pulumi_vmimport.cli.report.run_record import Activity, Outcome, ResourceRecord, RunRecord, run_record

WEB = urn("web")


def record(log: EngineLog) -> RunRecord:
    return run_record(read_events(log.lines))


def only_resource(log: EngineLog) -> ResourceRecord:
    (found,) = record(log).resources
    return found


def imported(*statuses: tuple[int, str]) -> EngineLog:
    log = EngineLog()
    log.begin(10, WEB)
    for at, text in statuses:
        log.status(at, WEB, text)
    log.done(100, WEB, id="import-ami-1", outputs={"imageId": "ami-1"})
    log.summary(101, resourceChanges={"create": 1})
    return log


def test_a_resource_has_the_times_the_id_and_the_outputs_of_its_operation() -> None:
    found = only_resource(imported())
    assert (found.name, found.short_type, found.operation, found.outcome) == (
        "web",
        "ImportImage",
        "create",
        Outcome.DONE,
    )
    assert (found.started - START, found.seconds, found.id, found.outputs) == (
        10,
        90,
        "import-ami-1",
        {"imageId": "ami-1"},
    )


def test_statuses_become_phases_that_follow_each_other_without_gaps() -> None:
    found = only_resource(
        imported(
            (12, "1% pending, 2 s elapsed"), (40, "20% converting, 30 s elapsed"), (60, "45% converting, 50 s elapsed")
        )
    )
    assert [(p.label, p.started - START, p.ended - START, p.percent) for p in found.phases] == [
        ("pending", 10, 40, 1),
        ("converting", 40, 100, 45),
    ]


def test_another_number_or_step_is_no_other_phase() -> None:
    found = only_resource(
        imported(
            (12, "queued behind 3 other tasks: the quota is in use, 2 s elapsed"),
            (40, "queued behind 2 other tasks: the quota is in use, 30 s elapsed"),
            (50, "preparing the guest: drivers: ok, 40 s elapsed"),
            (60, "preparing the guest: runner: ready, 50 s elapsed"),
        )
    )
    assert [(phase.label, phase.remarks) for phase in found.phases] == [
        ("queued behind … other tasks", ["the quota is in use"]),
        ("preparing the guest", ["drivers: ok", "runner: ready"]),
    ]


def test_a_phase_waits_transfers_or_works() -> None:
    found = only_resource(
        imported(
            (12, "queued behind 3 other tasks, 2 s elapsed"),
            (40, "5% uploading, 12.0 MiB/s, 30 s elapsed"),
            (50, "converting, 40 s elapsed"),
        )
    )
    assert [phase.activity for phase in found.phases] == [Activity.WAITING, Activity.TRANSFER, Activity.WORK]


def test_a_status_is_no_message_and_a_message_is_no_status() -> None:
    log = imported((12, "1% pending, 2 s elapsed"))
    log.message(20, WEB, "the image has no ENA driver", "warning")
    log.message(20, WEB, "registering resource", "debug")
    run = record(log)
    assert [(message.severity, message.text) for message in run.messages[WEB]] == [
        ("warning", "the image has no ENA driver")
    ]
    assert len(run.resources[0].phases) == 1


def test_a_kept_status_counts_as_a_status() -> None:
    log = EngineLog()
    log.begin(0, WEB)
    log.message(70, WEB, "25% converting, 1 min 10 s elapsed")  # not ephemeral
    run = record(log)
    assert run.messages == {}
    assert [phase.label for phase in run.resources[0].phases] == ["converting"]


def test_a_failure_is_the_outcome_of_resource_and_run() -> None:
    log = EngineLog()
    log.begin(1, WEB)
    log.message(5, WEB, "unsupported kernel", "error")
    log.failed(5, WEB)
    log.summary(6, result="failed")
    run = record(log)
    assert (run.result, run.resources[0].outcome) == ("failed", Outcome.FAILED)


def test_an_engine_that_records_no_result_failed_if_there_was_an_error() -> None:
    log = EngineLog()
    log.message(5, WEB, "unsupported kernel", "error")
    log.summary(6, result="")
    assert record(log).result == "failed"


def test_a_log_that_ends_in_the_middle_of_a_line_shows_what_was_unfinished() -> None:
    log = EngineLog()
    log.begin(1, WEB)
    log.status(30, WEB, "20% converting, 29 s elapsed")
    run = run_record(read_events([*log.lines, b'{"sequence": 3, "timesta']))
    assert (run.result, run.resources[0].outcome, run.resources[0].seconds) == ("unfinished", Outcome.UNFINISHED, 29)


def test_a_preview_before_the_run_is_left_out() -> None:
    preview, run = EngineLog(), EngineLog()
    preview.begin(0, urn("planned"))
    run.begin(0, WEB)
    digest = [b"{\n", b'  "steps": [\n', b"  ]\n", b"}\n"]
    found = run_record(read_events([*preview.lines, *digest, *run.lines]))
    assert [resource.name for resource in found.resources] == ["web"]


def test_a_replacement_is_shown_as_its_creation_and_its_deletion() -> None:
    log = EngineLog()
    for at, op in enumerate(("create-replacement", "replace", "delete-replaced")):
        log.begin(at, WEB, op)
        log.done(at + 1, WEB, op)
    assert [resource.operation for resource in record(log).resources] == ["create-replacement", "delete-replaced"]


def test_a_deleted_resource_has_the_id_that_it_had() -> None:
    log = EngineLog()
    log.begin(0, WEB, "delete", id="import-ami-1")
    log.done(1, WEB, "delete", id="import-ami-1")
    assert only_resource(log).id == "import-ami-1"


def test_providers_are_no_resources() -> None:
    log = EngineLog()
    log.begin(0, urn("default", "pulumi:providers:aws"))
    log.done(0, urn("default", "pulumi:providers:aws"))
    assert record(log).resources == []


@pytest.mark.parametrize(
    ("type", "is_ours"),
    [
        (f"{DYNAMIC}ImportImage", True),
        ("vmimport:index:ImportImage", True),
        ("pulumi-python:dynamic:Resource", False),
        ("aws:s3/bucket:Bucket", False),
    ],
)
def test_the_resources_of_the_library_are_those_of_its_dynamic_and_its_native_provider(
    type: str, is_ours: bool
) -> None:
    log = EngineLog()
    log.begin(0, urn("web", type))
    assert only_resource(log).is_of_library is is_ours


@pytest.mark.parametrize(("level", "severity"), [("mandatory", "error"), ("advisory", "warning")])
def test_a_violation_of_a_policy_is_a_message_of_its_resource(level: str, severity: str) -> None:
    log = EngineLog()
    log.policy(1, WEB, "the AMI is public", level)
    (message,) = record(log).messages[WEB]
    assert (message.severity, message.text) == (severity, "policy no-public-images: the AMI is public")


def test_colors_control_characters_and_the_secrets_of_urls_are_removed() -> None:
    log = EngineLog()
    log.message(1, WEB, "<{%fg 1%}>bad<{%reset%}> \x1b\u202e https://h/k?X-Amz-Signature=abc", "error")
    (message,) = record(log).messages[WEB]
    assert message.text == "bad \\x1b\\u202e https://h/k?..."


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [
            b"",
            b"not JSON",
            b"[1]",
            b"{}",
            b'{"timestamp": true, "summaryEvent": {}}',
            b'{"timestamp": 1, "cancelEvent": {}}',
        ],
    ],
    ids=["empty", "foreign"],
)
def test_fails_without_events(lines: list[bytes]) -> None:
    with pytest.raises(CommandError, match="found no event of a Pulumi run; expected the JSON lines of"):
        read_events(lines)


@pytest.mark.parametrize(
    "event",
    [
        {"resourcePreEvent": {"metadata": None}},
        {"resourcePreEvent": {"metadata": {"urn": 7}}},
        {"resOutputsEvent": {"metadata": {"urn": "urn", "op": None, "new": {"outputs": [], "id": None}}}},
        {"diagnosticEvent": {"urn": None, "message": 3, "severity": None}},
        {"summaryEvent": {"resourceChanges": None, "result": 5}},
        {"policyEvent": {}},
    ],
    ids=lambda event: next(iter(event)),
)
def test_an_event_of_another_form_does_no_harm(event: dict[str, object]) -> None:
    log = EngineLog()
    log.add(1, event)
    record(log)
