"""The Run that a host provides to a lifecycle."""

import math
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pulumi_vmimport.aws.configuration.aws_settings import AwsSettings
from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.call_guard import CallGuard
from pulumi_vmimport.lifecycle import engine
from pulumi_vmimport.lifecycle.contract import Run, RunInterruptedError
from pulumi_vmimport.lifecycle.identity import Identity
from pulumi_vmimport.lifecycle.program_spelling import program_text
from pulumi_vmimport.lifecycle.progress import Progress, ProgressReport
from pulumi_vmimport.shown_value import shown_value
from pulumi_vmimport.vsphere.settings import VSphereSettings
from pulumi_vmimport.vsphere.vsphere_errors import InvalidSettingError

if TYPE_CHECKING:
    from pulumi_vmimport.vsphere.session import VSphereSession

# Import tasks take minutes to hours; AWS documents no recommended rate for the Describe calls.
DEFAULT_POLL_SECONDS = 15.0
# Longer than any reported import: the conversion of a large disk takes hours.
DEFAULT_TIMEOUT_MINUTES = 1440
_SLICE_SECONDS = 0.5
# Longer than the checks of many resources that start together, shorter than any wait for a change in AWS.
_CACHE_SECONDS = 30.0
# How long to repeat calls while a service fails or cannot be reached: an outage must not end a wait of hours. A preview
# must not wait long, as someone waits for it.
PATIENCE_SECONDS = 600.0
PREVIEW_PATIENCE_SECONDS = 60.0
_RESUMES = "the work continues, and the next `pulumi up` resumes it"


_VSPHERE_KEYS = {
    "VSPHERE_SERVER": "vsphereServer",
    "VSPHERE_USER": "user",
    "VSPHERE_PASSWORD": "password",
    "VSPHERE_ALLOW_UNVERIFIED_SSL": "allowUnverifiedSsl",
}
"""The variables of vSphere, and the keys of pulumi-vsphere"""


@dataclass(frozen=True)
class HostSettings:
    """How to reach AWS and vSphere, from the stack's configuration and the environment."""

    aws: AwsSettings
    vsphere: Mapping[str, str] = field(repr=False)
    poll_seconds: float = DEFAULT_POLL_SECONDS
    problems: tuple[str, ...] = ()
    """What is wrong with the settings of this package, one line each. `aws` has its own."""

    @classmethod
    def read(cls, config: Mapping[str, Any], environment: Mapping[str, str]) -> "HostSettings":
        """The settings of a stack; the environment applies where its configuration sets nothing."""
        names = {
            **{name: f"vsphere:{key}" for name, key in _VSPHERE_KEYS.items()},
            "VMIMPORT_VSPHERE_CA_FILE": "vmimport:vsphereCaFile",
            "VMIMPORT_VSPHERE_THUMBPRINT": "vmimport:vsphereThumbprint",
        }
        merged = {name: str(config[key]) for name, key in names.items() if config.get(key) is not None}
        polls = (("vmimport:pollSeconds", config), ("VMIMPORT_POLL_SECONDS", environment))
        name, poll = next(((key, of[key]) for key, of in polls if of.get(key) not in (None, "")), ("", None))
        seconds = DEFAULT_POLL_SECONDS if poll is None else _positive_number(poll)
        return cls(
            aws=AwsSettings.from_pulumi_config(config, environment),
            vsphere={**environment, **merged},
            poll_seconds=seconds or DEFAULT_POLL_SECONDS,
            problems=() if seconds else (f"{name}: expected a number of seconds above 0, got {shown_value(poll)}",),
        )

    def with_vsphere_provider(self, inputs: Mapping[str, Any] | None) -> "HostSettings":
        """The settings with those of an explicit vsphere.Provider, which replace the server and the login."""
        if not inputs:
            return self
        given = {"vsphereServer": inputs.get("vcenterServer"), **inputs}
        own = {name: str(given[key]) for name, key in _VSPHERE_KEYS.items() if given.get(key) is not None}
        kept = {name: value for name, value in self.vsphere.items() if name not in _VSPHERE_KEYS}
        return replace(self, vsphere={**kept, **own})


def _positive_number(value: Any) -> float | None:
    """The number that a value of a configuration stands for; None if it is not above 0."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < math.inf else None


@cache
def connection(settings: AwsSettings) -> AwsConnection:
    """The connection for these settings, one per process, so that resources share its pollers and clients."""
    return AwsConnection(settings, _CACHE_SECONDS)


def call_guard(run: Run, *, is_preview: bool = False) -> CallGuard:
    """What the calls of a run need to know about it."""
    return CallGuard(
        raise_if_over=run.raise_if_over,
        wait=run.wait,
        status=run.status,
        patience_seconds=PREVIEW_PATIENCE_SECONDS if is_preview else PATIENCE_SECONDS,
        may_outlast=not is_preview,
    )


@dataclass
class HostRun:
    """The Run of one call of the engine."""

    identity: Identity
    aws: AwsConnection
    settings: HostSettings
    call: engine.Call | None
    inputs_type: type = object
    """The inputs of the resource, whose names its warnings and statuses have in the spelling of the program"""
    timeout_seconds: float = DEFAULT_TIMEOUT_MINUTES * 60.0
    supplied_inputs: tuple[str, ...] = ()
    warns: bool = field(default=True, init=False)
    """Whether warnings are shown"""
    account_id: str | None = field(default=None, init=False)
    """The account of the credentials, once it is known"""
    recorded: tuple[str, Any] | None = field(default=None, init=False)
    started: float = field(default_factory=time.monotonic, init=False)
    progress: ProgressReport = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.progress = ProgressReport(self._show, time.monotonic)

    @property
    def urn(self) -> str:
        """The URN of the resource in this run; that of its identity may be an earlier one."""
        return str(getattr(getattr(self.call, "request", None), "urn", "")) or self.identity.urn

    @property
    def poll_seconds(self) -> float:
        return self.settings.poll_seconds

    def vsphere(self) -> "AbstractContextManager[VSphereSession]":
        settings = VSphereSettings.from_environment(self.settings.vsphere)
        if settings is None:
            raise InvalidSettingError(
                "VSPHERE_SERVER",
                "no vSphere server is set; set VSPHERE_SERVER, VSPHERE_USER and VSPHERE_PASSWORD, or "
                "vsphere:vsphereServer, vsphere:user and vsphere:password (--secret) in the stack's configuration",
            )
        # Importing pyVmomi takes a tenth of a second, which AWS-only resources need not spend.
        from pulumi_vmimport.vsphere.session import VSphereSession  # noqa: PLC0415

        return VSphereSession(settings)

    def status(self, status: str | Progress) -> None:
        # A Progress has the words of the service, or no names of properties.
        progress = Progress(program_text(self.inputs_type, status)) if isinstance(status, str) else status
        self.progress.report(progress)

    def _show(self, text: str, is_kept: bool) -> None:
        engine.log(self.urn, text, ephemeral=not is_kept)

    def warn(self, text: str) -> None:
        if self.warns:
            engine.log(self.urn, program_text(self.inputs_type, text), severity="WARNING")

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            self.raise_if_over()
            left = end - time.monotonic()
            if left <= 0:
                return
            engine.cancelled.wait(min(left, _SLICE_SECONDS))

    def record(self, id: str, state: Any) -> None:
        self.recorded = (id, state)

    def supplied_by_resource(self, path: str) -> bool:
        top = path.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
        return "*" in self.supplied_inputs or top in self.supplied_inputs

    def raise_if_over(self) -> None:
        if engine.cancelled.is_set():
            raise RunInterruptedError(f"cancelled; {_RESUMES}")
        if self.call is not None and not self.call.alive:
            raise RunInterruptedError(f"the Pulumi engine has exited; {_RESUMES}")
        limits = {"timeout_minutes": self.timeout_seconds}
        if self.call is not None and self.call.timeout_seconds:
            limits["custom_timeouts"] = self.call.timeout_seconds
        name = min(limits, key=limits.__getitem__)
        if time.monotonic() - self.started > limits[name]:
            raise RunInterruptedError(f"timed out after {_duration(limits[name])} ({name}); {_RESUMES}")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} minutes" if minutes > 1 and not rest else f"{round(seconds)} seconds"
