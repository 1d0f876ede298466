"""The credentials of the sandbox's AWS, which accepts any key except expired ones."""

import re
import threading
from dataclasses import dataclass

from moto.iam.models import get_account_id_from

OBSERVER_KEY = "AKIASANDBOXOBSERVER0"
"""The access key of observers. Their calls are not recorded and not affected by faults."""
SECRET_KEY = "sandbox"  # noqa: S105 - nothing checks it
_OF_ACCOUNT = re.compile(r"AKIA(?P<who>ACCT|LOOK)(?P<account>\d{12})")


@dataclass(frozen=True)
class AccessKey:
    """One pair of keys."""

    access_key: str
    secret_key: str


def key_of_account(account_id: str, *, observer: bool = False) -> AccessKey:
    """The key of an account other than the sandbox's first, or of an observer in that account."""
    return AccessKey(f"AKIA{'LOOK' if observer else 'ACCT'}{account_id}", SECRET_KEY)


def account_in_key(access_key: str) -> str | None:
    """The account id in a key; None if the key does not contain one."""
    found = _OF_ACCOUNT.fullmatch(access_key)
    return found["account"] if found else None


def account_of(access_key: str) -> str:
    """The account of a key."""
    return account_in_key(access_key) or str(get_account_id_from(access_key))


def is_observer(access_key: str) -> bool:
    """Whether a key is an observer's."""
    found = _OF_ACCOUNT.fullmatch(access_key)
    return access_key == OBSERVER_KEY or bool(found and found["who"] == "LOOK")


class AccessKeys:
    """The current key and the expired keys. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 1
        self._expired: set[str] = set()

    @property
    def current(self) -> AccessKey:
        """The current key."""
        # moto recognizes an access key by its format: 20 upper-case letters and digits.
        return AccessKey(f"AKIASANDBOX{self._number:09}", SECRET_KEY)

    def expire(self) -> None:
        """Expire the current key."""
        with self._lock:
            self._expired.add(self.current.access_key)

    def renew(self) -> AccessKey:
        """Create a new current key. Expired keys remain expired."""
        with self._lock:
            self._number += 1
            return self.current

    def is_expired(self, access_key: str) -> bool:
        """Whether a key has expired."""
        with self._lock:
            return access_key in self._expired

    def clear(self) -> None:
        """Remove the expiry of all keys."""
        with self._lock:
            self._expired.clear()
