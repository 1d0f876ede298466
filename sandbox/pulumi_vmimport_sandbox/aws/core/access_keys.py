"""The credentials that the sandbox's AWS takes: any, but for those that were made to expire."""

import re
import threading
from dataclasses import dataclass

from moto.iam.models import get_account_id_from

OBSERVER_KEY = "AKIASANDBOXOBSERVER0"
"""The access key of whoever looks on: its calls are neither recorded nor struck by faults."""
SECRET_KEY = "sandbox"  # noqa: S105 - nothing checks it
_OF_ACCOUNT = re.compile(r"AKIA(?P<who>ACCT|LOOK)(?P<account>\d{12})")


@dataclass(frozen=True)
class AccessKey:
    """One pair of keys."""

    access_key: str
    secret_key: str


def key_of_account(account_id: str, *, observer: bool = False) -> AccessKey:
    """The pair of an account other than the sandbox's first, or of who looks on there."""
    return AccessKey(f"AKIA{'LOOK' if observer else 'ACCT'}{account_id}", SECRET_KEY)


def account_in_key(access_key: str) -> str | None:
    """The account that a key says it is of; None for one that only moto can tell."""
    found = _OF_ACCOUNT.fullmatch(access_key)
    return found["account"] if found else None


def account_of(access_key: str) -> str:
    """The account of a key."""
    return account_in_key(access_key) or str(get_account_id_from(access_key))


def is_observer(access_key: str) -> bool:
    """Whether the calls of a key are neither recorded nor struck."""
    found = _OF_ACCOUNT.fullmatch(access_key)
    return access_key == OBSERVER_KEY or bool(found and found["who"] == "LOOK")


class AccessKeys:
    """The pair to use now, and those that have run out. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made = 1
        self._expired: set[str] = set()

    @property
    def current(self) -> AccessKey:
        """The pair to use now."""
        # moto finds the key in a request by its form: 20 capitals and digits.
        return AccessKey(f"AKIASANDBOX{self._made:09}", SECRET_KEY)

    def expire(self) -> None:
        """Let the pair of now be refused from now on."""
        with self._lock:
            self._expired.add(self.current.access_key)

    def renew(self) -> AccessKey:
        """Take a new pair, which works; an expired one stays expired."""
        with self._lock:
            self._made += 1
            return self.current

    def is_expired(self, access_key: str) -> bool:
        """Whether a key has run out."""
        with self._lock:
            return access_key in self._expired

    def clear(self) -> None:
        """Let all keys work again."""
        with self._lock:
            self._expired.clear()
