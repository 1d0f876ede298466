"""The functions of the stand-in for aws."""

import json
import zlib
from typing import Any

from .aws_bucket import describe
from .aws_client import Aws
from .aws_iam import describe_role
from .aws_shapes import from_tags
from .function_arguments import accepts
from .resource_kind import NotFound, Rejected
from .values import Properties

_STATEMENT = frozenset(
    {"actions", "conditions", "effect", "notActions", "notPrincipals", "notResources", "principals", "resources", "sid"}
)


@accepts()
def caller_identity(service: Aws, args: Properties) -> Properties:  # noqa: ARG001
    """aws:index/getCallerIdentity:getCallerIdentity."""
    found = service.call("sts", "GetCallerIdentity")
    return {"accountId": found["Account"], "arn": found["Arn"], "id": found["Account"], "userId": found["UserId"]}


@accepts("name", "region")
def region(service: Aws, args: Properties) -> Properties:
    """aws:index/getRegion:getRegion."""
    name = args.get("region") or args.get("name") or service.region
    _, suffix = service.partition(name)
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": f"ec2.{name}.{suffix}"}


@accepts()
def partition(service: Aws, args: Properties) -> Properties:  # noqa: ARG001
    """aws:index/getPartition:getPartition."""
    name, suffix = service.partition()
    reverse = ".".join(reversed(suffix.split(".")))
    return {"id": name, "partition": name, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


@accepts("name")
def role(service: Aws, args: Properties) -> Properties:
    """aws:iam/getRole:getRole."""
    try:
        return {"id": args["name"], **describe_role(service, args["name"])}
    except NotFound as gone:
        raise Rejected(f"reading IAM Role ({args['name']}): {gone}") from gone


def policy_simulation(service: Aws, args: Properties) -> Properties:
    """aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation, of the policies of a principal."""
    names = {name for name, value in args.items() if value}
    if unknown := sorted(names - {"actionNames", "policySourceArn", "resourceArns"}):
        raise Rejected(f"the sandbox's stand-in for getPrincipalPolicySimulation does not support {', '.join(unknown)}")
    members = {"PolicySourceArn": args["policySourceArn"], "ActionNames": args["actionNames"]}
    if args.get("resourceArns"):
        members["ResourceArns"] = args["resourceArns"]
    results = [
        {
            "actionName": each["EvalActionName"],
            "resourceArn": each["EvalResourceName"],
            "decision": each["EvalDecision"],
            "allowed": each["EvalDecision"] == "allowed",
            "decisionDetails": {},
            "matchedStatements": [],
            "missingContextKeys": [],
        }
        for each in service.call("iam", "SimulatePrincipalPolicy", **members)["EvaluationResults"]
    ]
    return {**args, "id": "-", "allAllowed": all(each["allowed"] for each in results), "results": results}


@accepts("bucket", "region")
def bucket(service: Aws, args: Properties) -> Properties:
    """aws:s3/getBucket:getBucket."""
    try:
        head = service.call("s3", "HeadBucket", args.get("region"), Bucket=args["bucket"])
    except NotFound as gone:
        raise Rejected(f"reading S3 Bucket ({args['bucket']}): {gone}") from gone
    region = head.get("BucketRegion") or args.get("region")  # S3 returns BucketRegion in every Region
    return {"id": args["bucket"], **describe(service, args["bucket"], region)}


def bucket_policy(service: Aws, args: Properties) -> Properties:
    """aws:s3/getBucketPolicy:getBucketPolicy."""
    try:
        found = service.call("s3", "GetBucketPolicy", args.get("region"), Bucket=args["bucket"])
    except NotFound as gone:
        raise Rejected(f"reading S3 Bucket ({args['bucket']}) Policy: couldn't find resource") from gone
    region = args.get("region") or service.region
    return {"id": args["bucket"], "bucket": args["bucket"], "policy": found["Policy"], "region": region}


def instance(service: Aws, args: Properties) -> Properties:
    """aws:ec2/getInstance:getInstance, by the instance's id."""
    names = {name for name, value in args.items() if value}  # the SDK sends false for omitted arguments
    if unknown := sorted(names - {"instanceId", "region"}):
        raise Rejected(f"the sandbox's stand-in for getInstance does not support {', '.join(unknown)}")
    id, region = args["instanceId"], args.get("region") or service.region
    try:
        found = service.call("ec2", "DescribeInstances", region, InstanceIds=[id])["Reservations"][0]["Instances"][0]
    except NotFound as gone:
        raise Rejected(f"reading EC2 Instance ({id}): {gone}") from gone
    partition, _ = service.partition(region)
    owner = service.call("sts", "GetCallerIdentity")["Account"]
    return {
        "id": id,
        "instanceId": id,
        "region": region,
        "ami": found["ImageId"],
        "arn": f"arn:{partition}:ec2:{region}:{owner}:instance/{id}",
        "availabilityZone": found["Placement"]["AvailabilityZone"],
        "instanceState": found["State"]["Name"],
        "instanceType": found["InstanceType"],
        "privateIp": found.get("PrivateIpAddress"),
        "publicIp": found.get("PublicIpAddress"),
        "subnetId": found.get("SubnetId"),
        "tags": from_tags(found.get("Tags", [])),
    }


@accepts()
def canonical_user_id(service: Aws, args: Properties) -> Properties:  # noqa: ARG001
    """aws:s3/getCanonicalUserId:getCanonicalUserId."""
    owner = service.call("s3", "ListBuckets")["Owner"]
    return {"id": owner["ID"], "displayName": owner.get("DisplayName", "")}


def policy_document(service: Aws, args: Properties) -> Properties:  # noqa: ARG001
    """aws:iam/getPolicyDocument:getPolicyDocument, without source and override documents."""
    if unknown := sorted(args.keys() - {"policyId", "statements", "version"}):
        raise Rejected(f"the sandbox's stand-in for getPolicyDocument does not support {', '.join(unknown)}")
    document: dict[str, Any] = {"Version": args.get("version") or "2012-10-17"}
    if args.get("policyId"):
        document["Id"] = args["policyId"]
    document["Statement"] = [_statement(statement) for statement in args.get("statements") or []]
    text = json.dumps(document, indent=2)
    return {
        **args,
        "id": str(zlib.crc32(text.encode())),
        "json": text,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
        "version": document["Version"],
    }


def _statement(args: Properties) -> dict[str, Any]:
    if unknown := sorted(args.keys() - _STATEMENT):
        raise Rejected(f"unsupported in a statement: {', '.join(unknown)}; expected {', '.join(sorted(_STATEMENT))}")
    conditions: dict[str, dict[str, Any]] = {}
    for condition in args.get("conditions") or []:
        conditions.setdefault(condition["test"], {})[condition["variable"]] = _one(condition["values"])
    elements = {
        "Sid": args.get("sid"),
        "Effect": args.get("effect") or "Allow",
        "Principal": _principals(args.get("principals")),
        "NotPrincipal": _principals(args.get("notPrincipals")),
        "Action": _one(args.get("actions")),
        "NotAction": _one(args.get("notActions")),
        "Resource": _one(args.get("resources")),
        "NotResource": _one(args.get("notResources")),
        "Condition": conditions,
    }
    return {name: value for name, value in elements.items() if value}


def _principals(principals: list[Properties] | None) -> Any:
    if not principals:
        return None
    if any(principal["type"] == "*" for principal in principals):
        return "*"
    return {principal["type"]: _one(principal["identifiers"]) for principal in principals}


def _one(values: list[str] | None) -> str | list[str] | None:
    """A single value as a string, several as a sorted list, as the real provider."""
    if not values:
        return None
    return values[0] if len(values) == 1 else sorted(values, reverse=True)
