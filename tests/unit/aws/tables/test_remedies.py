"""The commands and arguments that the tables of failures name exist."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

import pulumi_vmimport
from pulumi_vmimport.aws import tables
from pulumi_vmimport.cli.inspect.inspect_command import inspect
from pulumi_vmimport.disk.rules.rule_catalog import rule_catalog

QUOTED = re.compile(r"`([^`\n]+)`")
# Names of AWS, of Pulumi's configuration and of the system in the guest.
OTHER_NAMES = {"guest", "assumed", "policy", "applications", "pvs", "vgs", "lsinitrd", "mbr2gpt", "checked", "source"}


def words_of(name: str) -> Iterator[str]:
    """All texts of a table."""
    rest: list[Any] = [tomllib.loads((Path(tables.__file__).parent / name).read_text(encoding="utf-8"))]
    while rest:
        match rest.pop():
            case dict() as found:
                rest.extend(found.values())
            case list() as found:
                rest.extend(found)
            case str() as text:
                yield text


TABLES = sorted(path.name for path in Path(tables.__file__).parent.glob("*.toml"))
COMMANDS = sorted({command for name in TABLES for text in words_of(name) for command in QUOTED.findall(text)})


@pytest.mark.parametrize("command", [command for command in COMMANDS if re.match(r"aws \w", command)])
def test_every_command_of_the_aws_cli_is_one_of_its_api(command: str) -> None:
    _, service, operation, *options = command.split()
    model = botocore.session.get_session().get_service_model({"s3api": "s3"}.get(service, service))
    names = {botocore.xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names
    shape = model.operation_model(names[operation]).input_shape
    known = {botocore.xform_name(name, "-") for name in shape.members} if shape else set()
    for option in options:
        if option.startswith("--"):
            assert option[2:] in known | {"region", "profile", "query", "output"}, option


def test_every_option_of_vmimport_inspect_exists() -> None:
    used = [command.split() for command in COMMANDS if command.startswith("vmimport inspect")]
    assert used
    options = {text for parameter in inspect.params for text in parameter.opts}
    assert {word for words in used for word in words if word.startswith("--")} <= options


def test_every_argument_and_rule_exists() -> None:
    known: Any = pulumi_vmimport
    arguments = {
        argument
        for name in pulumi_vmimport.__all__
        for argument in getattr(getattr(known, name), "__annotations__", {})
    }
    nested = {"format", "snapshot_id", "encrypted_volumes", "hyper_v_role", "dual_boot", "physical_origin"}
    names = {command for command in COMMANDS if re.fullmatch(r"[a-z]+(?:_[a-z]+)*", command)}
    assert names - arguments - nested <= OTHER_NAMES
    hyphenated = {command for command in COMMANDS if re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)+", command)}
    assert hyphenated <= set(rule_catalog().rules)
