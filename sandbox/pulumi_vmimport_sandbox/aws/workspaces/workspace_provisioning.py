"""Create a running WorkSpace with the directory and the network that moto requires."""

from typing import Any, Protocol

PUBLIC_BUNDLE = "wsb-sandbox00"
"""The id of a bundle of Amazon."""


class ClientMaker(Protocol):
    """Creates the boto3 client of a service."""

    def __call__(self, service: str, region: str) -> Any: ...


def make_workspace(client: ClientMaker, region: str, user: str, bundle_id: str, *, dedicated: bool) -> str:
    """Create a WorkSpace in a new directory and return its id."""
    ec2, directories, workspaces = (client(service, region) for service in ("ec2", "ds", "workspaces"))
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    ids = [subnet["SubnetId"] for subnet in subnets[:2]]
    directory = directories.create_directory(
        Name="sandbox.example",
        Password="Sandbox-0",  # noqa: S106 - unused
        Size="Small",
        VpcSettings={"VpcId": vpc, "SubnetIds": ids},
    )["DirectoryId"]
    workspaces.register_workspace_directory(
        DirectoryId=directory, SubnetIds=ids, Tenancy="DEDICATED" if dedicated else "SHARED"
    )
    wanted = [{"DirectoryId": directory, "UserName": user, "BundleId": bundle_id}]
    made = workspaces.create_workspaces(Workspaces=wanted)
    return str(made["PendingRequests"][0]["WorkspaceId"])
