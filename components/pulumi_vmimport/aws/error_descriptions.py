"""An error of AWS as the user reads it: what failed, with cause and remedy as far as they are known.

Identity and network come before the table of known failures: AWS words an expired token like an expired URL.
"""

from pulumi_vmimport.aws.credential_errors import describe_identity_error, is_identity_error
from pulumi_vmimport.aws.unreachable_services import describe_unreachable_service, is_unreachable_service


def describe_aws_error(error: BaseException) -> str:
    """What failed in the words of AWS or of botocore, its cause and its remedy."""
    if is_identity_error(error):
        return describe_identity_error(error, _explain_denial)
    if is_unreachable_service(error):
        return describe_unreachable_service(error)
    # The tables of actions and failures are read after an error only.
    from pulumi_vmimport.aws.permissions.denied_calls import describe_service_error  # noqa: PLC0415

    return describe_service_error(error)


def _explain_denial(words: str) -> str | None:
    from pulumi_vmimport.aws.tables.known_failures import Grant, find  # noqa: PLC0415 - as above

    known = find(words)  # without a grant: no other policy can override the one that denies the call
    return known.explanation if known is not None and known.grant is Grant.NONE else None
