"""The limits of a map of tags, and the tags that a state records."""

from collections.abc import Iterator, Mapping

from pulumi_vmimport.lifecycle.contract import Problem, is_known
from pulumi_vmimport.lifecycle.identity import TAG_PREFIX, is_reserved_tag
from pulumi_vmimport.shown_value import shown_value

# A resource has at most 50 tags; the library uses up to ten of them.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
ALL_TAGS = 50
MOST_TAGS = ALL_TAGS - 10
TAG_VALUE_LENGTH = 256
_TAG_KEY_LENGTH = 127


def tag_problems(
    tags: Mapping[str, str] | None, *, most: int = MOST_TAGS, longest_value: int = TAG_VALUE_LENGTH
) -> Iterator[Problem]:
    """The problems of a map of tags. The default limits are those of EC2."""
    for key, value in (tags or {}).items():
        if key.startswith(TAG_PREFIX) or key.lower().startswith("aws:"):  # AWS reserves its prefix in any case
            yield Problem(
                f"tags.{key}", f"expected a key that does not start with aws: or {TAG_PREFIX}, got {shown_value(key)}"
            )
        if not 1 <= len(key) <= _TAG_KEY_LENGTH:
            yield Problem(f"tags.{key}", f"expected a key of 1 to {_TAG_KEY_LENGTH} characters, got {len(key)}")
        if is_known(value) and len(value) > longest_value:
            yield Problem(f"tags.{key}", f"expected at most {longest_value} characters, got {len(value)}")
    if len(tags or {}) > most:
        yield Problem("tags", f"expected at most {most} tags, got {len(tags or {})}")


def user_tags(tags: Mapping[str, str], recorded: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """The tags of an AWS resource that are the user's. An absent map stays absent, so that it is not drift."""
    found = {key: value for key, value in tags.items() if not is_reserved_tag(key)}
    return found if found or recorded is not None else None
