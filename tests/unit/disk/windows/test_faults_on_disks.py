"""Each fault of a guest, planted on a disk, is found by its rule and by no other; a healthy disk has none."""

from collections.abc import Callable

import pytest
from tests.unit.disk.windows.guest_disks import facts_of, rules_of, values_of, verdicts_of

from pulumi_vmimport.disk.guest.guest_facts import GuestSystem
from pulumi_vmimport.disk.rules.guest_verdicts import Verdict
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport_sandbox.windows import FAULTS, Layout, WindowsGuest, faulty_guest

EC2, BYOL = ImageProfile.EC2, ImageProfile.BYOL_WORKSPACES
APPX = r"Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore"
# What a disk that may miss changes makes of every rule that passes.
UNSURE = frozenset({"windows-not-shut-down", "guest-checks-unknown"})


def only(rule: str) -> tuple[set[str], set[str]]:
    """Of BYOL WorkSpaces."""
    return {rule}, set()


def both(*rules: str) -> tuple[set[str], set[str]]:
    """Of BYOL WorkSpaces and EC2."""
    return set(rules), set(rules)


# The faults of the sandbox: the rules that they break, of BYOL WorkSpaces and of EC2.
EXPECTED: dict[str, tuple[set[str], set[str]]] = {
    "OutdatedPowershellVersion": only("windows-powershell"),
    "OfficeInstalled": only("windows-office"),
    "PCoIPAgentInstalled": only("windows-pcoip-agent"),
    "PCoIPAgentInstalled/file": only("windows-pcoip-agent"),
    "PCoIPAgentInstalled/service": only("windows-pcoip-agent"),
    "WindowsUpdatesEnabled": only("windows-update-enabled"),
    "WindowsUpdatesEnabled/TrustedInstaller": only("windows-update-enabled"),
    "AutoMountDisabled": both("windows-automount-disabled"),
    "WorkspacesBYOLAccountNotFound": only("windows-byol-account-missing"),
    "WorkspacesBYOLAccountDisabled": only("windows-byol-account-disabled"),
    "DHCPDisabled": both("windows-static-address"),
    "DiskFreeSpace": only("byol-free-space"),
    "DiskFreeSpace/Office": only("byol-free-space-for-office"),
    "OSNotSupported": only("windows-release"),
    "OSNotSupported/server": only("windows-release"),
    "DomainJoined": only("windows-domain-joined"),
    "AzureDomainJoined": only("windows-entra-joined"),
    "FirewallEnabled": only("windows-firewall-on"),
    "VMWareToolsInstalled": both("windows-vmware-tools"),
    "DiskSizeExceeded": only("byol-disk-too-large"),
    "IncompatiblePartitioning": ({"windows-partition-table", "windows-10-uefi"}, {"windows-partition-table"}),
    "IncompatiblePartitioning/GPT": both("windows-partition-table"),
    "PendingReboot": both("windows-restart-pending"),
    "PendingReboot/packages": both("windows-restart-pending"),
    "PendingReboot/file": both("windows-restart-pending"),
    "AutoLogonEnabled": both("windows-automatic-logon"),
    "RealTimeUniversalDisabled": both("windows-clock-local"),
    "RealTimeUniversalDisabled/absent": both("windows-clock-local"),
    "MultipleBootPartition": both("several-active-partitions"),
    "Requires64BitOS": only("windows-32-bit"),
    "InPlaceUpgrade": only("windows-upgraded"),
    "AntiVirusInstalled": both("windows-antivirus"),
    "UEFINotSupported": only("windows-10-uefi"),
    "AppXPackagesInstalled": only("windows-appx-packages"),
    "StagedAppxPackage": only("windows-appx-staged"),
    "ReservedStorageInUse": only("windows-reserved-storage"),
    "SysPrepFileMissing": only("windows-sysprep-missing"),
    "UserProfileMissing": only("windows-profile-missing"),
    "EnvironmentVariablesPathMissingEntries": only("windows-path"),
    "DomainAccountServicesFound": only("windows-domain-services"),
    "DomainAccountServicesFound/UPN": only("windows-domain-services"),
    "RemoteDesktopServicesDisabled": both("windows-remote-desktop-service"),
    "WindowsModulesInstallerDisabled": both("windows-modules-installer-disabled"),
    "AmazonSsmAgentEnabled": only("windows-ssm-agent"),
    "UnsupportedSecurityProtocol": both("windows-tls12"),
    "MultipleUserProfiles": only("windows-several-profiles"),
    "MemoryIntegrityIncompatibility": only("windows-memory-integrity"),
    "MemoryIntegrityIncompatibility/locked": only("windows-memory-integrity"),
    "RestrictedDriveLetterInUse": only("windows-drive-d"),
    "AdministratorDisabled": only("windows-administrator-disabled"),
    "EmptyPassword": both("windows-password-missing"),
    "EmptyPassword/Administrator": both("windows-password-missing"),
    "ForgottenAccount": both("windows-password-missing"),
    "NotAdministrator": only("windows-byol-account-not-administrator"),
    "RemoteDesktopDenied": both("windows-remote-desktop-denied"),
    "RemoteDesktopDenied/policy": both("windows-remote-desktop-denied"),
    "NetworkLevelAuthentication": only("windows-network-level-authentication"),
    "FirewallEnabled/policy": only("windows-firewall-on"),
    "FirewallBlocksRemoteDesktop": ({"windows-firewall-on"}, {"windows-firewall-blocks-rdp"}),
    "Ipv6Enabled": only("windows-ipv6-enabled"),
    "DhcpClientDisabled": both("windows-dhcp-client"),
    "DotNetMissing": (set(), {"windows-dotnet"}),
    "AutomaticPageFile": (set(), {"windows-page-file-automatic"}),
    "EmergencyManagement": (set(), {"windows-ems"}),
    "NotEnglish": both("windows-language"),
    "HyperVRole": both("windows-hyper-v"),
    "CheckerNotRun": (set(), set()),  # the preparation runs it without a person, which leaves no trace
    "CheckerFailed": only("windows-byol-checker-failed"),
    "Generalized": only("windows-setup-unfinished"),
    "AnswerFile": (set(), set()),  # allowed, and no rule reads it
    "FileRenamesPending": only("windows-file-renames-pending"),
    "DriveLetterHistory": only("windows-drive-d"),
    "EntraProfile": only("windows-several-profiles"),
    "VolumeInUse": both(*UNSURE),
    "Hibernated": both(*UNSURE),
    "HiveInUse": both(*UNSURE),
    "HiveInUse/fault-in-log": ({*UNSURE, "windows-update-enabled"}, {*UNSURE}),
    "HiveInUse/no-log": both(*UNSURE),
    "Fragmented": (set(), set()),
    "BitLocker": both("bitlocker", "guest-not-read"),
}


def _provision(guest: WindowsGuest) -> None:
    guest.software.key(rf"{APPX}\Applications\Microsoft.BingWeather_4.53.51361.0_neutral_~_8wekyb3d8bbwe")


# Rules that no fault of the sandbox breaks.
FURTHER: dict[str, Callable[[WindowsGuest], None]] = {"windows-appx-provisioned": _provision}


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("profile", [EC2, BYOL])
def test_a_healthy_disk_has_no_findings(layout: Layout, profile: ImageProfile) -> None:
    guest = WindowsGuest.healthy(layout)
    assert rules_of(guest.disk(), profile) == set()
    assert {v.verdict for v in verdicts_of(facts_of(guest), profile).values()} == {Verdict.PASS}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_on_a_disk_is_found_by_its_rules_alone(fault: str) -> None:
    disk = faulty_guest(fault).disk()
    byol, ec2 = EXPECTED[fault]
    assert rules_of(disk, BYOL) == byol
    assert rules_of(disk, EC2) == ec2


@pytest.mark.parametrize("rule", FURTHER)
def test_each_further_fault_on_a_disk_is_found_by_its_rule_alone(rule: str) -> None:
    guest = WindowsGuest.healthy()
    FURTHER[rule](guest)
    assert rules_of(guest.disk(), BYOL) == {rule}


def test_every_rule_about_windows_is_broken_by_a_disk() -> None:
    broken = {rule for byol, ec2 in EXPECTED.values() for rule in byol | ec2} | FURTHER.keys()
    assert {rule.id for rule in rule_catalog().rules.values() if rule.system is GuestSystem.WINDOWS} <= broken


def test_every_code_that_a_rule_detects_is_broken_by_a_disk() -> None:
    rules = rule_catalog().rules
    for fault, (byol, _) in EXPECTED.items():
        code = fault.split("/")[0]
        if any(code in rule.codes for rule in rules.values()):
            assert any(code in rules[rule].codes for rule in byol), fault


def test_all_faults_of_a_disk_are_found_at_once() -> None:
    faults = ("AutoLogonEnabled", "DHCPDisabled", "DomainJoined", "VMWareToolsInstalled", "WindowsUpdatesEnabled")
    found = rules_of(faulty_guest(*faults).disk(), BYOL)
    assert found == {rule for fault in faults for rule in EXPECTED[fault][0]}


def test_the_facts_do_not_depend_on_how_the_files_are_stored() -> None:
    """In one piece, in hundreds, or with the last changes in the logs of the hives."""
    healthy = values_of(facts_of(WindowsGuest.healthy()))
    assert values_of(facts_of(faulty_guest("Fragmented"))) == healthy
    logged = values_of(facts_of(faulty_guest("HiveInUse/fault-in-log")))
    differing = {id for id in healthy if logged[id] != healthy[id]}
    assert differing == {"service.wuauserv.start", "shutdown.unfinished_hives"}
