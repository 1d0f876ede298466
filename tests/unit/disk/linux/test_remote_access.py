import pytest
from tests.unit.disk.linux.linux_system import KEY
from tests.unit.disk.linux.linux_volumes import Files, Link
from tests.unit.disk.linux.small_trees import tree_of

from pulumi_vmimport.disk.linux.remote_access import accounts, blocking_firewall, ssh_settings, ssh_starts_by

WANTS = "/etc/systemd/system/multi-user.target.wants/"
UNIT: Files = {"/usr/lib/systemd/system/ssh.service": "[Unit]\n"}
STARTS: dict[str, tuple[Files, str | None]] = {
    "unit": ({WANTS + "sshd.service": Link("/usr/lib/systemd/system/sshd.service")}, WANTS + "sshd.service"),
    "socket": (
        {"/etc/systemd/system/sockets.target.wants/ssh.socket": Link("/x")},
        "/etc/systemd/system/sockets.target.wants/ssh.socket",
    ),
    "masked": ({WANTS + "ssh.service": Link("/x"), "/etc/systemd/system/ssh.service": Link("/dev/null")}, None),
    "alias": (
        {WANTS + "ssh.service": Link("/x"), "/etc/systemd/system/sshd.service": Link("/x")},
        WANTS + "ssh.service",
    ),
    "sysv": ({"/etc/rc3.d/S55sshd": Link("../init.d/sshd")}, "/etc/rc3.d/S55sshd"),
    "sysv-stopped": ({"/etc/rc3.d/K25sshd": Link("../init.d/sshd")}, None),
    "openrc": ({"/etc/runlevels/default/sshd": Link("/etc/init.d/sshd")}, "/etc/runlevels/default/sshd"),
    "nothing": ({WANTS + "cron.service": Link("/x")}, None),
}


@pytest.mark.parametrize(("files", "expected"), STARTS.values(), ids=STARTS)
def test_what_starts_the_server_is_found(files: Files, expected: str | None) -> None:
    assert ssh_starts_by(tree_of({**UNIT, **files})) == expected


def test_the_first_value_of_a_setting_counts() -> None:
    files: Files = {
        "/etc/ssh/sshd_config": (
            "# comment\nInclude /etc/ssh/sshd_config.d/*.conf\nPasswordAuthentication yes\nPort=22\nPubkeyAuthentication yes\n"
            "PubkeyAuthentication no\nMatch User backup\n  PermitRootLogin yes\n"
        ),
        "/etc/ssh/sshd_config.d/50-cloud.conf": 'passwordauthentication "no"\n',
        "/etc/ssh/sshd_config.d/60-other.conf": "PasswordAuthentication yes\n",
        "/etc/ssh/sshd_config.d/README": "PubkeyAuthentication no\n",
    }
    assert ssh_settings(tree_of(files)) == {"passwordauthentication": "no", "port": "22", "pubkeyauthentication": "yes"}


def test_files_that_include_each_other_end() -> None:
    assert ssh_settings(tree_of({"/etc/ssh/sshd_config": "Include sshd_config\nPort 22\n"})) == {"port": "22"}


def test_accounts_with_a_shell_and_their_keys() -> None:
    passwd = (
        "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1::/bin:/sbin/nologin\nsync:x:4:65534:sync:/bin:/bin/sync\n"
        "admin:x:1000:1000::/home/admin:/bin/bash\nother:x:1001:1001::/home/other:/bin/sh\nodd:x:1002\nrelative:x:1:1::home:/bin/sh\n"
    )
    files: Files = {
        "/etc/passwd": passwd,
        "/root/.ssh/authorized_keys": f"# {KEY}\n",
        "/home/admin/.ssh/authorized_keys": f'from="192.0.2.0/24" {KEY}\n',
        "/home/other/.ssh/authorized_keys2": "ecdsa-sha2-nistp256 AAAAE2VjZHNh\n",
    }
    assert {account.name: account.has_key for account in accounts(tree_of(files))} == {
        "root": False,
        "admin": True,
        "other": True,
    }


ENABLED = WANTS + "firewalld.service"
ZONE = '<zone><short>Public</short>{}<service name="dhcpv6-client"/></zone>'
FIREWALLS: dict[str, tuple[Files, str | None]] = {
    "ufw-blocks": (
        {"/etc/ufw/ufw.conf": "ENABLED=yes\n", "/etc/ufw/user.rules": "--dport 443\n"},
        "/etc/ufw/user.rules",
    ),
    "ufw-allows": (
        {"/etc/ufw/ufw.conf": "ENABLED=yes\n", "/etc/ufw/user.rules": "-p tcp --dport 22 -j ACCEPT\n"},
        None,
    ),
    "ufw-off": ({"/etc/ufw/ufw.conf": "ENABLED=no\n", "/etc/ufw/user.rules": ""}, None),
    "firewalld-allows": (
        {ENABLED: Link("/x"), "/usr/lib/firewalld/zones/public.xml": ZONE.format('<service name="ssh"/>')},
        None,
    ),
    "firewalld-blocks": (
        {
            ENABLED: Link("/x"),
            "/etc/firewalld/firewalld.conf": "# x\nDefaultZone=public\n",
            "/etc/firewalld/zones/public.xml": ZONE.format(""),
            "/usr/lib/firewalld/zones/public.xml": ZONE.format('<service name="ssh"/>'),
        },
        "/etc/firewalld/zones/public.xml",
    ),
    "firewalld-port": (
        {ENABLED: Link("/x"), "/etc/firewalld/zones/public.xml": ZONE.format('<port protocol="tcp" port="22"/>')},
        None,
    ),
    "firewalld-off": ({"/etc/firewalld/zones/public.xml": ZONE.format("")}, None),
    "none": ({"/etc/hostname": "web\n"}, None),
}


@pytest.mark.parametrize(("files", "expected"), FIREWALLS.values(), ids=FIREWALLS)
def test_a_firewall_that_blocks_ssh_is_found(files: Files, expected: str | None) -> None:
    assert blocking_firewall(tree_of(files)) == expected
