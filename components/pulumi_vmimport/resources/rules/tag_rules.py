"""What a map of tags may hold."""

from collections.abc import Iterator, Mapping

from pulumi_vmimport.lifecycle.contract import Problem, is_known
from pulumi_vmimport.lifecycle.identity import TAG_PREFIX

# A resource carries 50 tags; up to five are this library's. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
MOST_TAGS = 45
TAG_VALUE_LENGTH = 256
_TAG_KEY_LENGTH = 127


def tag_problems(
    tags: Mapping[str, str] | None, *, most: int = MOST_TAGS, longest_value: int = TAG_VALUE_LENGTH
) -> Iterator[Problem]:
    """The problems of a map of tags; the limits are EC2's unless others are given."""
    for key, value in (tags or {}).items():
        if key.startswith((TAG_PREFIX, "aws:")):
            yield Problem(f"tags.{key}", f"expected a key that does not start with aws: or {TAG_PREFIX}, got {key!r}")
        if not 1 <= len(key) <= _TAG_KEY_LENGTH:
            yield Problem(f"tags.{key}", f"expected a key of 1 to {_TAG_KEY_LENGTH} characters, got {len(key)}")
        if is_known(value) and len(value) > longest_value:
            yield Problem(f"tags.{key}", f"expected at most {longest_value} characters, got {len(value)}")
    if len(tags or {}) > most:
        yield Problem("tags", f"expected at most {most} tags, got {len(tags or {})}")
