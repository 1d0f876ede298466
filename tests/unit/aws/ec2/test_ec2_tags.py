from collections.abc import Callable

import pytest
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.ec2 import ec2_tags

Stub = Callable[..., Stubber]


def test_tags_are_added_to_all_resources_in_one_call(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response(
        "create_tags", {}, {"Resources": ["ami-1", "snap-1"], "Tags": [{"Key": "team", "Value": "blue"}]}
    )
    ec2_tags.tag(aws, iter(["ami-1", "snap-1"]), {"team": "blue"})


def test_tags_are_removed_by_key(aws: AwsConnection, stub: Stub) -> None:
    stub("ec2").add_response("delete_tags", {}, {"Resources": ["ami-1"], "Tags": [{"Key": "a"}, {"Key": "b"}]})
    ec2_tags.untag(aws, ["ami-1"], iter(["b", "a"]))


@pytest.mark.usefixtures("stub")
def test_nothing_to_change_needs_no_call(aws: AwsConnection) -> None:
    ec2_tags.tag(aws, [], {"team": "blue"})
    ec2_tags.untag(aws, ["ami-1"], [])
    ec2_tags.untag(aws, [], ["team"])
