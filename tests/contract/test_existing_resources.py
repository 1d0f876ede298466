"""Every custom resource can be read by an id, or says what to do instead."""

from typing import Any

from pulumi_vmimport.lifecycle.schema import wire_fields


def test_what_cannot_be_read_back_is_an_input(declared: Any) -> None:
    inputs = wire_fields(declared.lifecycle.inputs_type)
    assert sorted(declared.lifecycle.unread_inputs.keys() - inputs.keys()) == []
