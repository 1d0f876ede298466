"""The credentials that the sandbox's AWS takes: any, but for those that were made to expire."""

import threading
from dataclasses import dataclass

OBSERVER_KEY = "AKIASANDBOXOBSERVER0"
"""The access key of whoever looks on: its calls are neither recorded nor struck by faults."""
SECRET_KEY = "sandbox"  # noqa: S105 - nothing checks it


@dataclass(frozen=True)
class AccessKey:
    """One pair of keys."""

    access_key: str
    secret_key: str


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
