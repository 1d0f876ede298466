"""How clients reach AWS: endpoints, proxies, certificates, retries."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from pulumi_vmimport.aws.configuration.value_reader import ValueReader
from pulumi_vmimport.shown_value import shown_value

# pulumi-aws has two names for S3.
_SERVICE_NAMES = {"s3api": "s3"}


@dataclass(frozen=True)
class ClientSettings:
    """Settings of all clients. Default of each: that of boto3, which also reads the environment."""

    endpoints: tuple[tuple[str, str], ...] = ()
    """(service, URL)"""
    ca_bundle: str | None = None
    insecure: bool = False
    http_proxy: str | None = field(default=None, repr=False)
    https_proxy: str | None = field(default=None, repr=False)
    no_proxy: str | None = None
    fips: bool | None = None
    dual_stack: bool | None = None
    max_retries: int | None = None
    retry_mode: str | None = None
    path_style: bool | None = None
    us_east_1_endpoint: str | None = None
    user_agents: tuple[str, ...] = ()

    @property
    def verify(self) -> bool | str | None:
        """Whether and how clients verify certificates; None for boto3's default."""
        return False if self.insecure else self.ca_bundle

    def endpoint(self, service: str) -> str | None:
        """The URL of a service, where it is set."""
        return dict(self.endpoints).get(service)

    def shared_options(self) -> dict[str, Any]:
        """The options of botocore's Config that every client has, also those that obtain credentials."""
        options: dict[str, Any] = {
            "proxies": self._proxies(),
            "use_fips_endpoint": self.fips,
            "use_dualstack_endpoint": self.dual_stack,
            "user_agent_extra": " ".join(("pulumi-vmimport", *self.user_agents)),
        }
        return {name: value for name, value in options.items() if value is not None}

    def retries(self, attempts: int) -> Any:
        """The retries of a client that makes this number of attempts by default; one without retries keeps none."""
        if self.max_retries is not None and attempts > 1:
            attempts = 1 + self.max_retries
        return {"mode": self.retry_mode or "standard", "total_max_attempts": attempts}

    def s3_options(self, **options: Any) -> Any:
        """The options of S3 clients, in addition to others."""
        style = {"addressing_style": "path"} if self.path_style else {}
        endpoint = {"us_east_1_regional_endpoint": self.us_east_1_endpoint} if self.us_east_1_endpoint else {}
        return {**options, **style, **endpoint}

    def bypasses_proxy(self, url: str) -> bool:
        """Whether noProxy, or else NO_PROXY of the environment, exempts the host of a URL."""
        exempted = self.no_proxy or getproxies().get("no", "")
        names = (name.strip().lower() for name in exempted.split(","))
        return any(_exempts(name, url) for name in names if name)

    def _proxies(self) -> dict[str, str] | None:
        """The proxies by scheme; None for those of the environment."""
        own = {"http": self.http_proxy, "https": self.https_proxy}
        if not any(own.values()) and not self.no_proxy:
            return None
        environment = getproxies()
        chosen = {scheme: url or environment.get(scheme) for scheme, url in own.items()}
        return {scheme: url for scheme, url in chosen.items() if url}


def _exempts(name: str, url: str) -> bool:
    """Whether an entry of noProxy is for a URL: `*`, a host with its subdomains, an address or a network, with a port.

    Source: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        return ip_address(host) in ip_network(name, strict=False)
    except ValueError:  # one of them is a name
        pass
    of_port = re.fullmatch(r"(.*):(\d+)", name)
    if of_port and int(of_port[2]) != port:
        return False
    domain = (of_port[1] if of_port else name).removeprefix("*").lstrip(".")
    return not domain or f".{host}".endswith(f".{domain}")


def read_client_settings(values: ValueReader) -> ClientSettings:
    """The settings in a configuration."""
    return ClientSettings(
        endpoints=_endpoints(values),
        ca_bundle=values.file("customCaBundle"),
        insecure=bool(values.flag("insecure")),
        http_proxy=values.text("httpProxy"),
        https_proxy=values.text("httpsProxy"),
        no_proxy=values.text("noProxy"),
        fips=values.flag("useFipsEndpoint"),
        dual_stack=values.flag("useDualstackEndpoint"),
        max_retries=values.number("maxRetries"),
        retry_mode=values.choice("retryMode", ("standard", "adaptive")),
        path_style=values.flag("s3UsePathStyle"),
        us_east_1_endpoint=values.choice("s3UsEast1RegionalEndpoint", ("legacy", "regional")),
        user_agents=values.texts("userAgents"),
    )


def _endpoints(values: ValueReader) -> tuple[tuple[str, str], ...]:
    found = {}
    for entry in values.structures("endpoints"):
        for service in sorted(entry.keys()):
            if (url := entry.text(service)) is None:
                continue
            if urlsplit(url).scheme not in {"http", "https"}:
                entry.problem(service, f"expected an http or https URL, got {shown_value(url)}")
            found[_SERVICE_NAMES.get(service, service)] = url
    return tuple(sorted(found.items()))
