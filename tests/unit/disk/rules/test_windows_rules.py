"""The rules about Windows on facts made by hand: verdicts, and what makes a verdict unknown."""

import re
from dataclasses import replace
from importlib import resources

import pytest
from tests.unit.disk.rules.sample_facts import DISK, SNAPSHOT, disk
from tests.unit.disk.rules.windows_facts import (
    BYOL,
    DHCP,
    EC2,
    FAULTS,
    GUEST,
    PREPARED,
    PROFILE,
    STATIC,
    UNTOUCHED,
    WINDOWS_11,
    unreadable,
    windows,
)

from pulumi_vmimport.disk.guest.fact_catalog import registry_look_ups
from pulumi_vmimport.disk.guest.guest_facts import FactValue, GuestFacts, GuestSystem, Origin
from pulumi_vmimport.disk.guest.windows_releases import BYOL_BUILDS, CLIENT_RELEASES, SERVER_RELEASES
from pulumi_vmimport.disk.rules.evaluation import ASSUMED, evaluate
from pulumi_vmimport.disk.rules.findings import ImageFinding, Severity
from pulumi_vmimport.disk.rules.guest_verdicts import FACT_CHECKS, NOT_SHUT_DOWN, Verdict, guest_verdicts, rule_verdicts
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.guest.preparation_steps import windows_steps
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport.windows_releases import WINDOWS_RELEASES, WINDOWS_SERVERS

RULES = rule_catalog().rules
NO_ADDRESS = ".".join("0000")


def found(facts: GuestFacts, profile: ImageProfile = BYOL) -> dict[str, ImageFinding]:
    return {finding.rule: finding for finding in evaluate(disk(guest=facts), profile)}


def verdicts(facts: GuestFacts, profile: ImageProfile = BYOL) -> dict[str, Verdict]:
    return {verdict.rule: verdict.verdict for verdict in rule_verdicts(facts, profile)}


def test_every_rule_about_windows_has_checks_and_a_fault() -> None:
    of_windows = {rule.id for rule in RULES.values() if rule.system is GuestSystem.WINDOWS}
    assert of_windows == FAULTS.keys() == {rule for rule in FACT_CHECKS if rule.startswith("windows-")}


def test_the_prepared_machine_has_every_fact_of_the_table() -> None:
    assert {look_up.id for look_up in registry_look_ups()} <= PREPARED.keys()


@pytest.mark.parametrize("changes", [{}, WINDOWS_11], ids=["windows-10", "windows-11"])
@pytest.mark.parametrize("profile", [EC2, BYOL])
def test_a_prepared_machine_passes_every_rule(changes: dict[str, FactValue], profile: ImageProfile) -> None:
    facts = windows(changes)
    assert set(verdicts(facts, profile).values()) == {Verdict.PASS}
    assert evaluate(disk(guest=facts), profile) == ()


@pytest.mark.parametrize("rule", FAULTS)
def test_each_fault_fails_its_rule_alone(rule: str) -> None:
    changes, profile, words = FAULTS[rule]
    failed = [v for v in rule_verdicts(windows(changes), profile) if v.verdict is Verdict.FAIL]
    assert [verdict.rule for verdict in failed] == [rule]
    assert words in failed[0].evidence
    assert failed[0].codes == RULES[rule].codes


@pytest.mark.parametrize("profile", [EC2, BYOL])
def test_an_untouched_machine_fails_only_what_the_preparation_changes(profile: ImageProfile) -> None:
    findings = evaluate(disk(guest=windows(UNTOUCHED)), profile)
    rules = [rule for rule in RULES.values() if rule.system is GuestSystem.WINDOWS and profile in rule.profiles]
    expected = {rule.id for rule in rules if rule.preparation}
    others = {"windows-firewall-blocks-rdp"} if profile is EC2 else set()
    assert {finding.rule for finding in findings} == expected | others
    assert {finding.rule for finding in findings if finding.preparation} == expected


def test_what_the_preparation_changes_comes_after_the_other_findings_of_its_severity() -> None:
    findings = evaluate(disk(guest=windows({**UNTOUCHED, "logon.automatic": "1", "byol_checker.status": "fail"})), BYOL)
    order = [(list(Severity).index(finding.severity), finding.preparation) for finding in findings]
    assert order == sorted(order)
    assert findings[0].rule == "windows-automatic-logon"


@pytest.mark.parametrize("fact", PREPARED)
def test_a_rule_whose_fact_is_unknown_is_unknown_and_never_fails(fact: str) -> None:
    for profile in (EC2, BYOL):
        changed = [v for v in rule_verdicts(unreadable(fact), profile) if v.verdict is not Verdict.PASS]
        assert all(v.verdict is Verdict.UNKNOWN for v in changed)
        assert all(f"{fact}: the hive is damaged" in v.evidence or v.evidence == NOT_SHUT_DOWN for v in changed)


def test_facts_that_no_rule_needs_are_named() -> None:
    """A fact that is unknown changes a verdict, except for those that describe the guest."""
    silent = {
        fact
        for fact in PREPARED
        if all(set(verdicts(unreadable(fact), profile).values()) == {Verdict.PASS} for profile in (EC2, BYOL))
    }
    assert silent == {
        "windows.revision", "windows.display_version", "windows.release_id", "windows.build_lab",
        "domain.name", "byol_checker.date", "firewall.remote_desktop_rules",
    }  # fmt: skip


def test_a_fault_stays_a_fault_if_another_fact_of_its_rule_is_unknown() -> None:
    facts = unreadable("restart.exclusive_session").with_facts(
        windows({"file.pending_updates": True}).fact("file.pending_updates")
    )
    assert verdicts(facts)["windows-restart-pending"] is Verdict.FAIL


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"shutdown.volume_clean": False}, id="volume-in-use-or-hibernated"),
        pytest.param({"shutdown.unfinished_hives": ["SYSTEM"]}, id="hive-in-use"),
    ],
)
def test_without_a_shutdown_nothing_passes_and_faults_stay(changes: dict[str, FactValue]) -> None:
    facts = windows({**changes, "logon.automatic": "1"})
    of = {verdict.rule: verdict for verdict in rule_verdicts(facts, BYOL)}
    assert of["windows-automatic-logon"].verdict is Verdict.FAIL
    assert of["windows-not-shut-down"].verdict is Verdict.FAIL
    others = [
        verdict for rule, verdict in of.items() if rule not in {"windows-automatic-logon", "windows-not-shut-down"}
    ]
    assert {(verdict.verdict, verdict.evidence) for verdict in others} == {(Verdict.UNKNOWN, NOT_SHUT_DOWN)}
    unknown = [finding for finding in evaluate(disk(guest=facts), BYOL) if finding.severity is Severity.UNKNOWN]
    assert [finding.rule for finding in unknown] == ["guest-checks-unknown"]
    assert NOT_SHUT_DOWN in unknown[0].evidence


def test_an_unknown_shutdown_is_no_clean_one() -> None:
    assert Verdict.PASS not in verdicts(unreadable("shutdown.volume_clean")).values()


def test_facts_of_a_running_guest_need_no_shutdown() -> None:
    facts = windows({"shutdown.volume_clean": None}, origin=Origin.GUEST)
    assert set(verdicts(facts).values()) == {Verdict.PASS}
    # The facts that a script printed give the same verdicts.
    assert verdicts(GuestFacts.from_json(facts.to_json())) == verdicts(facts)


def test_a_disk_without_an_operating_system_is_one_unknown_finding() -> None:
    findings = found(GuestFacts(None, unknown="partition 1 is encrypted with BitLocker"))
    assert findings.keys() == {"guest-not-read"}
    assert findings["guest-not-read"].evidence == "partition 1 is encrypted with BitLocker"
    assert guest_verdicts(GuestFacts(None), BYOL) == ()


def test_a_guest_that_was_not_looked_for_has_no_findings() -> None:
    assert DISK.guest is None
    assert found(windows(UNTOUCHED), SNAPSHOT) == {}
    assert evaluate(disk(guest=None), BYOL) == ()


def test_one_reason_is_one_finding() -> None:
    facts = unreadable("windows.build")
    findings = [finding for finding in evaluate(disk(guest=facts), BYOL) if finding.rule == "guest-checks-unknown"]
    assert [finding.evidence for finding in findings] == [
        "windows.build: the hive is damaged; not checked: windows-release, windows-10-uefi"
    ]


def test_values_of_the_wrong_type_are_unknown() -> None:
    wrong: FactValue = {"a": [1]}
    for id in PREPARED:
        for value in (wrong, [[1]], "x", True):
            facts = windows({id: value}, origin=Origin.GUEST)
            assert all(
                verdict.evidence for verdict in rule_verdicts(facts, BYOL) if verdict.verdict is not Verdict.PASS
            )
    assert verdicts(windows({"service.wuauserv.start": "4"}))["windows-update-enabled"] is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "rule", "severity"),
    [
        pytest.param({"network.interfaces": [DHCP, STATIC]}, "windows-static-address", Severity.WARNING, id="perhaps-a-removed-adapter"),
        pytest.param({"network.interfaces": [STATIC]}, "windows-static-address", Severity.ERROR, id="the-only-adapter"),
        pytest.param({"mounted.d": {"device": "CD-ROM", "partition": None}}, "windows-drive-d", Severity.WARNING, id="a-letter-of-the-past"),
        pytest.param({"service.vmtools.start": 2}, "windows-vmware-tools", Severity.WARNING, id="only-the-service"),
        pytest.param({"windows.interface_languages": ["en-US", "de-DE"]}, "windows-language", Severity.WARNING, id="a-language-pack"),
        pytest.param({"windows.edition": "Core"}, "windows-release", Severity.WARNING, id="home-edition"),
        pytest.param({"software.installed": [{"key": "x", "name": "VMware Tools"}], "service.vmtools.start": 2}, "windows-vmware-tools", Severity.ERROR, id="the-more-certain"),
    ],
)  # fmt: skip
def test_the_severity_depends_on_the_evidence(changes: dict[str, FactValue], rule: str, severity: Severity) -> None:
    assert found(windows(changes))[rule].severity is severity


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"windows.build": "26100", **{k: WINDOWS_11[k] for k in ("boot.partition_table", "boot.loader")}}, "windows-release", id="newer-build"),
        pytest.param({"windows.build": "x"}, "windows-release", id="no-build"),
        pytest.param({"antivirus.providers": None}, "windows-antivirus", id="no-list-of-antivirus"),
        pytest.param({"boot.loader": None}, "windows-partition-table", id="no-loader"),
        pytest.param({"accounts": [{**GUEST, "enabled": True, "has_password": None}]}, "windows-password-missing", id="password-not-read"),
        pytest.param({"profiles": [{**PROFILE, "has_files": None}]}, "windows-profile-missing", id="folder-not-read"),
    ],
)  # fmt: skip
def test_what_the_evidence_cannot_decide_is_unknown(changes: dict[str, FactValue], rule: str) -> None:
    assert verdicts(windows(changes))[rule] is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"windows.build": "10240"}, "windows-release", id="older-build"),
        pytest.param({"boot.loader": r"\WINDOWS\SYSTEM32\WINLOAD.EFI", "windows.build": "22631"}, "windows-partition-table", id="loader-in-capitals"),
        pytest.param({"firewall.public_by_policy": 1}, "windows-firewall-on", id="firewall-by-policy"),
        pytest.param({"remote_desktop.denied_by_policy": 1}, "windows-remote-desktop-denied", id="denied-by-policy"),
        pytest.param({"remote_desktop.authentication_by_policy": 1}, "windows-network-level-authentication", id="nla-by-policy"),
        pytest.param({"memory_integrity.enabled": 1}, "windows-memory-integrity", id="memory-integrity"),
        pytest.param({"setup.in_progress": 1}, "windows-setup-unfinished", id="setup"),
        pytest.param({"restart.exclusive_session": 1}, "windows-restart-pending", id="servicing-session"),
        pytest.param({"restart.pending_packages": ["Package_1"]}, "windows-restart-pending", id="packages"),
        pytest.param({"restart.servicing": True}, "windows-restart-pending", id="servicing-key"),
        pytest.param({"file.pcoip_uninstaller": True}, "windows-pcoip-agent", id="pcoip-file"),
        pytest.param({"service.pcoipagent.start": 4}, "windows-pcoip-agent", id="pcoip-service"),
        pytest.param({"service.trustedinstaller.start": 2}, "windows-update-enabled", id="modules-installer-automatic"),
        pytest.param({"tls12.disabled_by_default": 1}, "windows-tls12", id="tls-on-request"),
    ],
)  # fmt: skip
def test_every_criterion_of_a_rule_fails_it(changes: dict[str, FactValue], rule: str) -> None:
    failed = {id for id, verdict in verdicts(windows(changes)).items() if verdict is Verdict.FAIL}
    assert failed == {rule}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"network.interfaces": [{**STATIC, "addresses": [NO_ADDRESS]}]}, id="no-address"),
        pytest.param({"profiles": [PROFILE, {**PROFILE, "sid": "S-1-5-21-1-2-3-1001.bak"}]}, id="backup-of-a-profile"),
        pytest.param({"remote_desktop.denied": 1, "remote_desktop.denied_by_policy": 0}, id="allowed-by-policy"),
        pytest.param({"environment.path": r"c:\tools;C:\Windows\System32\;C:\WINDOWS;%WinDir%\system32\wbem;C:\Windows\System32\WindowsPowerShell\v1.0"}, id="path-in-other-words"),
        pytest.param({"windows.product_type": "ServerNT", "antivirus.providers": None}, id="server-without-security-center"),
        pytest.param({"restart.file_renames": []}, id="no-renames"),
        pytest.param({"network.interfaces": [{**STATIC, "dhcp": 1}]}, id="address-from-before-dhcp"),
        pytest.param({"service.vmms.start": 4}, id="hyper-v-disabled"),
        pytest.param({"windows.edition": "EnterpriseSN"}, id="variant-of-an-edition"),
    ],
)  # fmt: skip
def test_healthy_variants_pass(changes: dict[str, FactValue]) -> None:
    failed = {id for id, verdict in verdicts(windows(changes)).items() if verdict is not Verdict.PASS}
    assert failed <= {"windows-release"}
    assert set(verdicts(windows(changes), EC2).values()) == {Verdict.PASS}


def test_a_finding_says_if_its_criterion_is_not_published_and_names_its_step() -> None:
    for rule in FAULTS:
        changes, profile, _ = FAULTS[rule]
        finding = found(windows(changes), profile)[rule]
        known = RULES[rule]
        assert (ASSUMED in finding.cause) is known.assumed
        assert finding.step == known.step
        assert known.step is None or finding.remedy.endswith(f"; preparation step {known.step}")
        assert finding.codes == known.codes


def test_what_no_disk_shows_is_listed_with_how_to_find_out() -> None:
    listed = [verdict for verdict in guest_verdicts(windows(), BYOL) if verdict.verdict is Verdict.UNKNOWN]
    assert {code for verdict in listed for code in verdict.codes} >= {"ZeroRearmCount", "WindowsUpdatesRequired"}
    assert all(verdict.how for verdict in listed)
    assert [verdict for verdict in guest_verdicts(windows(), EC2) if verdict.verdict is Verdict.UNKNOWN] == []


def test_the_builds_are_those_of_the_releases_for_workspaces() -> None:
    accepted = [release for release in WINDOWS_RELEASES.values() if release.is_in_checker]
    assert len(BYOL_BUILDS) == len(accepted)
    assert max(BYOL_BUILDS) == 22631  # of BYOL Checker 2.13.25
    assert CLIENT_RELEASES.keys() >= {release.build for release in WINDOWS_RELEASES.values()}
    assert SERVER_RELEASES.keys() >= {release.build for release in WINDOWS_SERVERS.values()}


def test_steps_of_rules_exist() -> None:
    steps = {rule.step for rule in RULES.values() if rule.step} | {u.step for u in rule_catalog().undecidable if u.step}
    script = resources.files("pulumi_vmimport.guest").joinpath("scripts/prepare_linux.sh").read_text(encoding="utf-8")
    of_linux = next(line for line in script.splitlines() if line.startswith("for name in "))
    assert steps <= {step.id for step in windows_steps()} | set(re.findall(r"\w+", of_linux))


def test_other_systems_are_not_checked_with_rules_of_windows() -> None:
    linux = replace(windows(UNTOUCHED), system=GuestSystem.LINUX)
    assert not [verdict for verdict in rule_verdicts(linux, BYOL) if verdict.rule.startswith("windows-")]


@pytest.mark.parametrize(
    ("file", "is_automatic"),
    [
        pytest.param(r"?:\pagefile.sys", True, id="default"),
        pytest.param(r"C:\pagefile.sys", True, id="without-sizes"),
        pytest.param(r"C:\pagefile.sys 0 0", True, id="managed-by-windows"),
        pytest.param(r"C:\pagefile.sys 1024 4096", False, id="fixed"),
        pytest.param("", False, id="none"),
    ],
)
def test_a_page_file_without_sizes_is_automatic(file: str, is_automatic: bool) -> None:
    verdict = verdicts(windows({"memory.page_files": [file]}), EC2)["windows-page-file-automatic"]
    assert verdict is (Verdict.FAIL if is_automatic else Verdict.PASS)
