"""The hash of a resource's inputs that its client token and tags contain. Existing tags depend on its value."""

import hashlib
import json
from typing import Any

from pulumi_vmimport.lifecycle.input_changes import comparable_inputs
from pulumi_vmimport.lifecycle.property_bag import write_bag
from pulumi_vmimport.lifecycle.schema import digest_properties


def digest(inputs: Any) -> str:
    """A short hash of the inputs that identify what the resource makes; see `schema.updatable`."""
    bag = comparable_inputs(type(inputs), write_bag(inputs))
    replacing = {name: bag[name] for name in sorted(digest_properties(type(inputs)) & bag.keys())}
    return hashlib.sha256(json.dumps(replacing, sort_keys=True).encode()).hexdigest()[:32]
