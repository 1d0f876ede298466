"""The tags that the configuration adds to resources, and those that it ignores."""

from dataclasses import dataclass

from pulumi_vmimport.aws.configuration.value_reader import ValueReader


@dataclass(frozen=True)
class TagSettings:
    """Tags of all resources of a provider."""

    default: tuple[tuple[str, str], ...] = ()
    """(key, value) of the tags that each resource gets unless its own tags have the key."""
    ignored_keys: tuple[str, ...] = ()
    ignored_prefixes: tuple[str, ...] = ()

    def is_ignored(self, key: str) -> bool:
        """Whether a tag that someone else set is no drift."""
        return key in self.ignored_keys or key.startswith(self.ignored_prefixes)


def read_tag_settings(values: ValueReader) -> TagSettings:
    """The settings in a configuration."""
    default, ignored = values.structure("defaultTags"), values.structure("ignoreTags")
    if default is not None:
        default.only({"tags"})
    if ignored is not None:
        ignored.only({"keys", "keyPrefixes"})
    return TagSettings(
        default=default.mapping("tags") if default else (),
        ignored_keys=ignored.texts("keys") if ignored else (),
        ignored_prefixes=ignored.texts("keyPrefixes") if ignored else (),
    )
