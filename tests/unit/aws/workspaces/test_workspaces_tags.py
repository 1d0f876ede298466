from collections.abc import Callable

import pytest
from botocore.stub import Stubber

from pulumi_vmimport.aws.connection import AwsConnection
from pulumi_vmimport.aws.workspaces import workspaces_tags

IMAGE = "wsi-0123456789"
Stub = Callable[..., Stubber]


def test_tags_are_listed(aws: AwsConnection, stub: Stub) -> None:
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "empty"}]
    stub("workspaces").add_response("describe_tags", {"TagList": tags}, {"ResourceId": IMAGE})
    stub("workspaces").add_response("describe_tags", {}, {"ResourceId": IMAGE})
    assert workspaces_tags.list_tags(aws, IMAGE) == {"team": "blue", "empty": ""}
    assert workspaces_tags.list_tags(aws, IMAGE) == {}


def test_tags_are_added_and_removed(aws: AwsConnection, stub: Stub) -> None:
    stub("workspaces").add_response(
        "create_tags", {}, {"ResourceId": IMAGE, "Tags": [{"Key": "team", "Value": "blue"}]}
    )
    stub("workspaces").add_response("delete_tags", {}, {"ResourceId": IMAGE, "TagKeys": ["a", "b"]})
    workspaces_tags.tag(aws, IMAGE, {"team": "blue"})
    workspaces_tags.untag(aws, IMAGE, iter(["b", "a"]))


@pytest.mark.usefixtures("stub")
def test_nothing_to_change_needs_no_call(aws: AwsConnection) -> None:
    workspaces_tags.tag(aws, IMAGE, {})
    workspaces_tags.untag(aws, IMAGE, [])
