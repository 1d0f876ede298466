"""An error of AWS in the output of a command."""

from pulumi_vmimport.aws.credential_errors import credentials_expired
from pulumi_vmimport.aws.error_descriptions import describe_aws_error
from pulumi_vmimport.aws.service_errors import error_message


def aws_error_text(error: BaseException) -> str:
    """The error with its cause and its remedy, which for missing credentials is an option of the commands."""
    if credentials_expired(error):
        return f"{error_message(error)}; log in, or set --aws-profile"
    return describe_aws_error(error)
