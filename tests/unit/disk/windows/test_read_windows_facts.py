"""The facts of Windows on a disk: values with their evidence, and the reason for what cannot be read."""

import random

import pytest
from tests.unit.disk.rules.windows_facts import PREPARED
from tests.unit.disk.windows.guest_disks import facts_of, facts_on, inspected, values_of, verdicts_of

from pulumi_vmimport.disk.guest.detected_guest import DetectedGuest, detected_guest
from pulumi_vmimport.disk.guest.guest_facts import Fact, GuestFacts, GuestSystem
from pulumi_vmimport.disk.inspect_guest import inspect_guest
from pulumi_vmimport.disk.inspection.inspect_image import inspect_image
from pulumi_vmimport.disk.rules.evaluation import evaluate
from pulumi_vmimport.disk.rules.guest_verdicts import Verdict
from pulumi_vmimport.image_profile import ImageProfile
from pulumi_vmimport_sandbox.windows import (
    Layout,
    SparseBytes,
    WindowsGuest,
    faulty_guest,
)

EC2, BYOL = ImageProfile.EC2, ImageProfile.BYOL_WORKSPACES
BLOCK_BYTES = 4096
# A key or value that only this hive has.
BOOT = b"{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
SECTORS = range(0, BLOCK_BYTES, 512)
HIVES = {"SYSTEM": b"TimeZoneInformation", "SOFTWARE": b"BuildLabEx", "SAM": b"Aliases", "SECURITY": b"PolPrDmS"}


def damage_hive(disk: SparseBytes, text: bytes) -> SparseBytes:
    """Overwrite the headers of the hives with this text: the hives are hives no more."""
    starts = [n * BLOCK_BYTES + at for n in disk.blocks for at in SECTORS if disk.blocks[n][at : at + 4] == b"regf"]
    for start in starts:
        bins = disk.read_at(start + 4096, 200 * BLOCK_BYTES).split(b"regf")[0]
        if text in bins:
            disk.write_at(start, b"damaged!")
    return disk


def test_the_facts_are_those_that_the_rules_read() -> None:
    assert values_of(facts_of(WindowsGuest.healthy())).keys() == PREPARED.keys()


def test_facts_name_hive_key_and_value_or_the_file() -> None:
    facts = facts_of(WindowsGuest.healthy(Layout.WINDOWS_11))
    evidence = {fact.id: fact.evidence for fact in facts.facts}
    assert evidence["windows.build"] == r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\CurrentBuild"
    assert evidence["service.wuauserv.start"] == r"SYSTEM\ControlSet001\Services\wuauserv\Start"
    assert evidence["domain.sid"] == r"SECURITY\Policy\PolPrDmS\(default)"
    assert evidence["accounts"] == r"SAM\SAM\Domains\Account\Users"
    assert evidence["file.sysprep"] == r"\Windows\System32\Sysprep\sysprep.exe"
    assert evidence["boot.loader"].startswith(r"partition 1, \EFI\Microsoft\Boot\BCD: Objects\{")
    assert evidence["boot.loader"].endswith(r"\Elements\12000002")
    assert all(evidence.values())


def test_the_guest_is_detected_by_its_build() -> None:
    assert detected_guest(facts_of(WindowsGuest.healthy(Layout.WINDOWS_11))) == DetectedGuest(
        system="windows",
        release="Windows 11 22H2",
        edition="Professional",
        build="22621.4317",
        language="en-US",
        architecture="amd64",
        firmware="efi",
        sysprep_state="installed",
    )
    generalized = detected_guest(facts_of(faulty_guest("Generalized")))
    assert generalized is not None
    assert (generalized.release, generalized.firmware) == ("Windows 10 22H2", "bios")
    assert generalized.sysprep_state == "generalized"
    server = detected_guest(facts_of(faulty_guest("OSNotSupported/server")))
    assert server is not None
    assert server.release == "Windows Server build 19045"


def test_what_cannot_be_detected_is_none() -> None:
    assert detected_guest(GuestFacts(None, unknown="partition 1 is encrypted with BitLocker")) is None
    nothing = detected_guest(GuestFacts(GuestSystem.WINDOWS, (Fact("windows.build", unknown="x"), Fact("boot.loader"))))
    assert nothing == DetectedGuest("windows")


def test_no_hash_of_a_password_is_a_fact() -> None:
    text = facts_of(WindowsGuest.healthy()).to_json()
    assert "WorkSpaces_BYOL" in text
    accounts = values_of(facts_of(WindowsGuest.healthy()))["accounts"]
    assert isinstance(accounts, list)
    assert set().union(*accounts) == {"name", "rid", "enabled", "has_password", "is_administrator"}


def test_the_facts_survive_json() -> None:
    facts = facts_of(faulty_guest("HiveInUse/fault-in-log", "AntiVirusInstalled"))
    assert GuestFacts.from_json(facts.to_json()) == facts


@pytest.mark.parametrize("hive", HIVES)
@pytest.mark.parametrize("profile", [EC2, BYOL])
def test_a_damaged_hive_makes_its_facts_unknown_and_lets_nothing_pass(hive: str, profile: ImageProfile) -> None:
    facts = facts_on(damage_hive(WindowsGuest.healthy().disk(), HIVES[hive]))
    assert {fact.evidence.split("\\")[0] for fact in facts.facts if fact.unknown} == {hive}
    assert {fact.unknown for fact in facts.facts if fact.unknown} == {
        rf"\Windows\System32\config\{hive}: it is not a registry hive"
    }
    # Whether the hive was closed is not known, so the disk may miss changes.
    assert {verdict.verdict for verdict in verdicts_of(facts, profile).values()} == {Verdict.UNKNOWN}


@pytest.mark.parametrize("layout", Layout)
def test_without_a_boot_configuration_the_only_windows_is_read(layout: Layout) -> None:
    facts = facts_on(damage_hive(WindowsGuest.healthy(layout).disk(), BOOT))
    assert {fact.id for fact in facts.facts if fact.unknown} == {"boot.loader", "boot.emergency_management"}
    assert "partition 1" in str(facts.fact("boot.loader").unknown)
    verdicts = verdicts_of(facts, BYOL)
    assert verdicts["windows-partition-table"].verdict is Verdict.UNKNOWN
    assert verdicts["windows-update-enabled"].verdict is Verdict.PASS


def _without_windows() -> SparseBytes:
    """The System Reserved partition alone: of Windows only its boot manager."""
    disk = WindowsGuest.healthy().disk()
    disk.write_at(446 + 16, bytes(16))
    return disk


@pytest.mark.parametrize(
    ("disk", "rule", "words"),
    [
        pytest.param(
            faulty_guest("BitLocker").disk(),
            "guest-not-read",
            "partition 2 is encrypted with BitLocker",
            id="bitlocker",
        ),
        pytest.param(_without_windows(), "windows-missing", "no partition holds Windows", id="no-windows"),
    ],
)
def test_a_disk_without_a_readable_windows_says_why(disk: SparseBytes, rule: str, words: str) -> None:
    facts = facts_on(disk)
    assert (facts.system, facts.facts, facts.unknown) == (None, (), words)
    findings = {finding.rule: finding.evidence for finding in evaluate(inspected(disk), BYOL)}
    assert findings.keys() & {"guest-not-read", "windows-missing"} == {rule}
    assert findings[rule] == words


def test_the_boot_configuration_decides_between_two_windows() -> None:
    guest = WindowsGuest.healthy(Layout.WINDOWS_10_ONE_VOLUME)
    disk, part = guest.disk(), guest.partitions[0]
    second = part.start + part.size
    disk.size_bytes = second + part.size
    for number, block in list(disk.blocks.items()):
        if part.start <= number * BLOCK_BYTES < second:
            disk.blocks[number + part.size // BLOCK_BYTES] = block
    entry = bytearray(disk.read_at(446, 16))
    entry[0], entry[8:12] = 0, (second // 512).to_bytes(4, "little")
    disk.write_at(446 + 16, bytes(entry))
    facts = facts_on(disk)
    assert facts.system is GuestSystem.WINDOWS
    assert facts.fact("shutdown.volume_clean").evidence.startswith("partition 1:")
    # Without it nothing says which of the two starts.
    damage_hive(disk, BOOT)
    assert facts_on(disk).unknown == "partitions 1, 2 hold Windows, and the boot configuration names none of them"


def test_a_drive_letter_is_that_of_a_partition_of_this_disk_or_of_the_past() -> None:
    for layout in (Layout.WINDOWS_10, Layout.WINDOWS_11):
        value = values_of(facts_of(faulty_guest("RestrictedDriveLetterInUse", layout=layout)))["mounted.d"]
        assert isinstance(value, dict)
        assert value["partition"] == 1
    past = values_of(facts_of(faulty_guest("DriveLetterHistory")))["mounted.d"]
    assert isinstance(past, dict)
    assert past["partition"] is None
    assert str(past["device"]).startswith(r"\??\IDE#CdRom")


class Unavailable(SparseBytes):
    """A source that answers some requests and then fails."""

    answers = 1 << 30

    def read_at(self, offset: int, length: int) -> bytes:
        self.answers -= 1
        if self.answers < 0:
            raise ConnectionError("the connection was reset")
        return super().read_at(offset, length)


def test_fails_if_the_source_fails_at_any_read_of_a_fact() -> None:
    disk = WindowsGuest.healthy(Layout.WINDOWS_11).disk()
    source = Unavailable(disk.size_bytes, disk.blocks)
    inspect_image(source)
    without_guest = Unavailable.answers - source.answers
    source.answers = Unavailable.answers
    inspect_image(source, read_guest=inspect_guest)
    reads = Unavailable.answers - source.answers
    assert reads > without_guest
    for answers in range(without_guest, reads):
        source.answers = answers
        with pytest.raises(ConnectionError):
            inspect_image(source, read_guest=inspect_guest)


@pytest.mark.parametrize("seed", range(24))
def test_random_damage_never_raises_and_gives_facts_that_json_can_hold(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible damage
    disk = WindowsGuest.healthy(chance.choice(list(Layout))).disk()
    numbers = sorted(disk.blocks)
    for _ in range(chance.choice([1, 5, 50])):
        at = chance.choice(numbers[1:]) * BLOCK_BYTES + chance.randrange(BLOCK_BYTES - 8)
        disk.write_at(at, chance.randbytes(chance.choice([1, 2, 4, 8])))
    facts = facts_on(disk)
    assert GuestFacts.from_json(facts.to_json()) == facts
    for profile in (EC2, BYOL):
        evaluate(inspected(disk), profile)
