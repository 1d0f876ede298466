"""Whether somebody can log in to the imported machine: the SSH server, its settings, keys, and the firewall."""

import fnmatch
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pulumi_vmimport.disk.linux.guest_tree import GuestTree, at_most, settings

_SERVERS = ("/usr/sbin/sshd", "/sbin/sshd", "/usr/local/sbin/sshd")
_CONFIG = "/etc/ssh/sshd_config"
_UNITS = ("ssh.service", "sshd.service")
_SOCKETS = ("ssh.socket", "sshd.socket")
_WANTS = ("/etc/systemd/system/multi-user.target.wants", "/etc/systemd/system/sockets.target.wants")
_SYSV = ("/etc/rc2.d", "/etc/rc3.d", "/etc/rc.d/rc3.d", "/etc/init.d/rc3.d", "/etc/runlevels/default")
_SYSV_LINK = re.compile(r"(?:S\d+)?sshd?")
_MAX_FILES = 100
_NO_LOGIN = frozenset({"nologin", "false", "sync", "halt", "shutdown"})
_KEYS = (".ssh/authorized_keys", ".ssh/authorized_keys2")
_KEY = re.compile(r"(?:^|\s)(?:ssh-|ecdsa-|sk-)\S+\s+\S+")
_UFW_ALLOWS = re.compile(r"dport (?:22|ssh)\b|--dports? 22\b|dapp_OpenSSH", re.IGNORECASE)
_FIREWALLD_ALLOWS = re.compile(r"""<service\s+name=["']ssh["']|<port\s[^>]*port=["']22["']""")
_PASSWD_FIELDS = 7
_MAX_ACCOUNTS = 1000


@dataclass(frozen=True)
class Account:
    """An account that may log in."""

    name: str
    has_key: bool


def ssh_server(tree: GuestTree) -> str | None:
    """The path of the server; None if there is none. Raises: as `File.read`."""
    file = tree.first(_SERVERS)
    return file.path if file else None


def ssh_starts_by(tree: GuestTree) -> str | None:
    """What starts the server at boot; None if nothing does. Raises: as `File.read`."""
    for folder in _WANTS:
        for name in tree.names(folder):
            if name in {*_UNITS, *_SOCKETS} and not _is_masked(tree, name):
                return f"{folder}/{name}"
    for folder in _SYSV:
        for name in tree.names(folder):
            if _SYSV_LINK.fullmatch(name) and not any(_is_masked(tree, unit) for unit in _UNITS):
                return f"{folder}/{name}"
    return None


def _is_masked(tree: GuestTree, unit: str) -> bool:
    node = tree.look(f"/etc/systemd/system/{unit}") if tree.find("/etc/systemd/system") else None
    return node is not None and stat.S_ISLNK(node.mode) and node.target == "/dev/null"


def ssh_settings(tree: GuestTree) -> Mapping[str, str]:
    """The settings of the server for everybody, by names in lower case. Raises: as `File.read`.

    Source: https://man.openbsd.org/sshd_config: the first value of a keyword counts.
    """
    found: dict[str, str] = {}
    for name, value in _keywords(tree, _CONFIG, set()):
        found.setdefault(name, value)
    return found


def _keywords(tree: GuestTree, path: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """The keywords of a file and of those that it includes; each file once, as its first values count."""
    if path in seen or len(seen) >= _MAX_FILES:
        return
    seen.add(path)
    for line in tree.text(path).splitlines():
        words = re.split(r"[\s=]+", line.strip(), maxsplit=1)
        name, value = words[0].lower(), words[-1].strip().strip('"')
        if not name or name.startswith("#"):
            continue
        if name == "match":
            if value.lower() != "all":
                return  # the settings below are for some connections only
        elif name == "include":
            for pattern in value.split():
                for included in _matching(tree, pattern):
                    yield from _keywords(tree, included, seen)
        else:
            yield name, value


def _matching(tree: GuestTree, pattern: str) -> list[str]:
    folder, _, name = (pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}").rpartition("/")
    return [f"{folder}/{file}" for file in tree.names(folder) if fnmatch.fnmatchcase(file, name)]


def accounts(tree: GuestTree) -> tuple[Account, ...]:
    """The accounts with a shell. Raises: as `File.read`."""
    found = []
    for line in at_most(_MAX_ACCOUNTS, tree.text("/etc/passwd").splitlines(), "/etc/passwd"):
        fields = line.split(":")
        if len(fields) != _PASSWD_FIELDS or fields[6].rpartition("/")[2] in _NO_LOGIN or not fields[5].startswith("/"):
            continue
        has_key = any(_KEY.search(_without_comments(tree.text(f"{fields[5]}/{name}"))) for name in _KEYS)
        found.append(Account(fields[0], has_key))
    return tuple(found)


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def blocking_firewall(tree: GuestTree) -> str | None:
    """The configuration of a firewall that does not allow SSH; None if none is known to block it.

    ufw and firewalld are read; rules of nftables and iptables are not. Raises: as `File.read`.
    """
    if settings(tree.text("/etc/ufw/ufw.conf")).get("ENABLED") == "yes":
        rules = "/etc/ufw/user.rules"
        if not _UFW_ALLOWS.search(tree.text(rules)):
            return rules
    if "firewalld.service" in tree.names(_WANTS[0]):
        zone = settings(tree.text("/etc/firewalld/firewalld.conf")).get("DefaultZone", "public")
        file = tree.first(f"{folder}/firewalld/zones/{zone}.xml" for folder in ("/etc", "/usr/lib"))
        if file is not None and zone != "trusted" and not _FIREWALLD_ALLOWS.search(file.text()):
            return file.path
    return None
