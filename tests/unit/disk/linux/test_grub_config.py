import pytest
from tests.unit.disk.linux.linux_system import VERSION, grub_cfg, kernel
from tests.unit.disk.linux.linux_volumes import Files, Link
from tests.unit.disk.linux.small_trees import tree_of

from pulumi_vmimport.disk.linux.boot_files import BootFiles, boot_file, kernel_version, read_boot_files

LEGACY = """# grub.conf
#boot=/dev/sda
default=1
timeout=5
title Old (2.6.32-1)
	root (hd0,0)
	kernel /vmlinuz-2.6.32-1 ro root=/dev/sda2
	initrd /initramfs-2.6.32-1.img
title CentOS (2.6.32-754)
	root (hd0,0)
	# kernel /vmlinuz-x
	kernel /vmlinuz-2.6.32-754 ro root=/dev/sda2 quiet
	initrd /initramfs-2.6.32-754.img
"""
SUBMENU = """
set default="Advanced>second"
menuentry "First" --id first {
  linux /boot/vmlinuz-1 root=/dev/sda1
}
submenu 'Advanced' --id 'Advanced' {
  menuentry 'One' --id=first2 {
    linux16 ($root)/boot/vmlinuz-2 quiet
    initrd16 ($root)/boot/initrd-2 ($root)/boot/microcode
  }
  menuentry 'It\\'s the second' --id second {
    linuxefi (hd0,gpt2)/boot/vmlinuz-3
    initrdefi (hd0,gpt2)/boot/initrd-3
  }
}
menuentry Last { linux /boot/never
  linux /boot/vmlinuz-4
}
"""
BLS = 'set default="${saved_entry}"\nblscfg\n'


def _entry(version: str, extra: str = "") -> str:
    return f"title Linux {version}\nversion {version}\nlinux /vmlinuz-{version}\ninitrd /initramfs-{version}.img $tuned\noptions root=/dev/sda1 $kernelopts{extra}\n"


def _entries(*versions: str) -> Files:
    return {f"/boot/loader/entries/abc-{version}.conf": _entry(version) for version in versions}


def boot(files: Files) -> BootFiles:
    return read_boot_files(tree_of(files), None)


CHOICES: dict[str, tuple[Files, str]] = {
    "debian": ({"/boot/grub/grub.cfg": grub_cfg()}, f"/boot/vmlinuz-{VERSION}"),
    "submenu": ({"/boot/grub/grub.cfg": SUBMENU}, "/boot/vmlinuz-3"),
    "submenu-by-number": ({"/boot/grub/grub.cfg": SUBMENU.replace("Advanced>second", "1>0")}, "/boot/vmlinuz-2"),
    "submenu-itself": ({"/boot/grub/grub.cfg": SUBMENU.replace("Advanced>second", "1")}, "/boot/vmlinuz-2"),
    "by-title": ({"/boot/grub/grub.cfg": SUBMENU.replace("Advanced>second", "Last")}, "/boot/vmlinuz-4"),
    "no-such-entry": ({"/boot/grub/grub.cfg": SUBMENU.replace("Advanced>second", "Windows")}, "/boot/vmlinuz-1"),
    "number-too-high": ({"/boot/grub/grub.cfg": SUBMENU.replace("Advanced>second", "99999")}, "/boot/vmlinuz-1"),
    "saved": (
        {
            "/boot/grub/grub.cfg": SUBMENU.replace("Advanced>second", "${saved_entry}"),
            "/boot/grub/grubenv": "saved_entry=Advanced>first2\n",
        },
        "/boot/vmlinuz-2",
    ),
    "once": ({"/boot/grub/grub.cfg": SUBMENU, "/boot/grub/grubenv": "next_entry=0\n"}, "/boot/vmlinuz-1"),
    "entries-saved": (
        {
            "/boot/grub2/grub.cfg": BLS,
            "/boot/grub2/grubenv": "# x\nsaved_entry=abc-5.9\n",
            **_entries("5.9", "5.14", "5.100"),
        },
        "/vmlinuz-5.9",
    ),
    "entries-newest": ({"/boot/grub2/grub.cfg": BLS, **_entries("5.9", "5.14", "5.100")}, "/vmlinuz-5.100"),
    "legacy": ({"/boot/grub/grub.conf": LEGACY, "/boot/grub/menu.lst": Link("./grub.conf")}, "/vmlinuz-2.6.32-754"),
    "legacy-first": ({"/boot/grub/menu.lst": LEGACY.replace("default=1", "default 0")}, "/vmlinuz-2.6.32-1"),
}


@pytest.mark.parametrize(("files", "expected"), CHOICES.values(), ids=CHOICES)
def test_the_default_kernel_is_the_one_that_grub_boots(files: Files, expected: str) -> None:
    found = boot(files)
    assert found.entry is not None
    assert found.entry.kernel == expected
    assert len(found.files) == 1


def test_an_entry_has_its_arguments_and_initramfs() -> None:
    files: Files = {"/boot/grub/grub.cfg": SUBMENU.replace("Advanced>second", "1>0")}
    entry = boot(files).entry
    assert entry is not None
    assert (entry.arguments, entry.initramfs) == ("quiet", ("/boot/initrd-2", "/boot/microcode"))
    environment = "saved_entry=abc-5.9\nkernelopts=net.ifnames=0 quiet\n"
    files = {"/boot/grub2/grub.cfg": BLS, "/boot/grub2/grubenv": environment, **_entries("5.9")}
    entry = boot(files).entry
    assert entry is not None
    assert (entry.arguments, entry.initramfs) == ("root=/dev/sda1 net.ifnames=0 quiet", ("/initramfs-5.9.img",))


def test_the_same_configuration_twice_is_one_file() -> None:
    assert len(boot({"/boot/grub/grub.cfg": SUBMENU, "/boot/grub2/grub.cfg": SUBMENU}).files) == 1
    different = boot({"/boot/grub/grub.cfg": SUBMENU, "/boot/grub2/grub.cfg": SUBMENU + "#\n"})
    assert [file.path for file in different.files] == ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"]


def test_other_boot_loaders_are_named() -> None:
    assert boot({"/etc/lilo.conf": "boot=/dev/sda\n"}).other == ("LILO", "/etc/lilo.conf")
    assert boot({"/boot/efi/loader/loader.conf": "x\n"}).other == ("systemd-boot", "/boot/efi/loader/loader.conf")
    assert boot({"/etc/hostname": "x\n"}).other is None


def test_a_kernel_is_found_on_a_boot_volume_of_its_own() -> None:
    tree = tree_of({"/boot/vmlinuz-9": kernel("9.1")})
    for path in ("/vmlinuz-9", "/boot/vmlinuz-9"):
        found = boot_file(tree, path)
        assert found is not None
        assert found.path == "/boot/vmlinuz-9"
        assert kernel_version(found, path) == "9.1", "what the kernel states, not its name"
    assert boot_file(tree, "/vmlinuz-8") is None
    assert boot_file(tree, "") is None


def test_the_version_is_in_the_name_of_a_kernel_without_a_header() -> None:
    tree = tree_of({"/boot/vmlinuz-5.4.0-1-arm64": b"MZ" + bytes(2000)})
    assert kernel_version(tree.find("/boot/vmlinuz-5.4.0-1-arm64"), "/boot/vmlinuz-5.4.0-1-arm64") == "5.4.0-1-arm64"
    assert kernel_version(None, "/boot/bzImage") is None


HOSTILE = {
    "deep": "submenu a {\n" * 5000 + "menuentry b {\nlinux /k\n",
    "braces": "}\n" * 1000 + "{\n" * 1000,
    "long-line": "menuentry '" + "\\'" * 100_000 + "' {\n",
    "quotes": "menuentry '\n" * 10_000,
    "default": 'set default="' + ">" * 10_000 + '"\nmenuentry a {\nlinux /k\n}\n',
    "binary": bytes(range(256)).decode("latin-1") * 100,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_configurations_raise_nothing(text: str) -> None:
    boot({"/boot/grub/grub.cfg": text + "\nmenuentry x {\n", "/boot/grub/menu.lst": text, "/boot/grub/grubenv": text})
    boot({"/boot/grub2/grub.cfg": BLS, "/boot/loader/entries/a.conf": text, "/boot/grub2/grubenv": "saved_entry=a"})
