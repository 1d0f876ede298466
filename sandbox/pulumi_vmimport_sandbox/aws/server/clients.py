"""The boto3 clients of the sandbox."""

import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from pulumi_vmimport_sandbox.aws.core.access_keys import SECRET_KEY

# Faults do not affect observers: a failure is a defect of the sandbox, which logs a warning.
SEVERAL_ATTEMPTS = Config(retries={"mode": "standard", "total_max_attempts": 3})
PRESIGNING = Config(signature_version="s3v4")
# Tests expect the first error, without retries.
_ONE_ATTEMPT = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    s3={"addressing_style": "path"},
    proxies={},  # ignore proxies of the environment
)
_SHARED = (None, SEVERAL_ATTEMPTS, PRESIGNING)
# (configuration key, environment variable, default, conversion): the user's profiles are not read.
_NO_CONFIGURATION = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
# Of all sandboxes of a process: parsing the service models takes longer than everything else that a sandbox does.
_LOADER = Loader()


class Clients:
    """Creates clients and keeps those without a configuration of the caller: a creation takes longer than a call."""

    def __init__(self) -> None:
        session = botocore.session.Session(_NO_CONFIGURATION)
        session.register_component("data_loader", _LOADER)
        self._session = boto3.Session(botocore_session=session)
        self._lock = threading.Lock()
        self._kept: dict[tuple[object, ...], Any] = {}

    def get(self, service: str, region: str, endpoint: str, access_key: str, config: Config | None) -> Any:
        """A client. Default configuration: one attempt per call."""
        key = (service, region, access_key, config)
        with self._lock:  # clients are thread-safe, but their creation is not
            if key in self._kept:
                return self._kept[key]
            client = self._session.client(  # type: ignore[call-overload] # any service
                service,
                region_name=region,
                endpoint_url=endpoint,
                aws_access_key_id=access_key,
                aws_secret_access_key=SECRET_KEY,
                config=_ONE_ATTEMPT.merge(config) if config else _ONE_ATTEMPT,
            )
            if config in _SHARED:
                self._kept[key] = client
            return client

    def clear(self) -> None:
        """Forget all clients."""
        with self._lock:
            self._kept.clear()
