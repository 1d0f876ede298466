"""Generates what shows the package's own tables: parts of the pages in this folder, the type stub and the schema.

`make docs` runs it. A part of a page stands between `<!-- made of ...: name -->` and `<!-- end -->`; the prose around
it is written by hand.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from pulumi_vmimport.aws.ec2.licensing import USAGE_OPERATIONS
from pulumi_vmimport.aws.tables import (
    clone_runbook,
    ingestion_processes,
    known_failures,
    post_import,
    supported_systems,
    workspace_image_errors,
)
from pulumi_vmimport.aws.tables.known_failures import KnownFailure
from pulumi_vmimport.aws.tables.post_import import ReportLine
from pulumi_vmimport.aws.tables.supported_systems import Release
from pulumi_vmimport.guest.preparation_steps import steps_by_code
from pulumi_vmimport.service_limits import IMAGE_DISK_LIMIT_BYTES, MAX_IMPORT_VOLUMES, SNAPSHOT_DISK_LIMIT_BYTES, TIB

sys.path.insert(0, str(Path(__file__).parent))
import catalog_parts
import guest_parts
import line_diagram
import permission_parts
import policy_parts
import rule_parts
from package_schema.document import schema_text

README = Path(__file__).parents[1] / "README.md"
EXAMPLES = Path(__file__).parents[1] / "examples"
_PROGRAMS = {"go": "main.go", "typescript": "index.ts", "yaml": "Pulumi.yaml"}
_PACKAGE = Path(__file__).parents[1] / "components" / "pulumi_vmimport"
STUB = _PACKAGE / "__init__.pyi"
SCHEMA = _PACKAGE / "plugin" / "schema.json"
_DOCS = Path(__file__).parent
PAGES = tuple(
    page
    for page in (README, *sorted([*_DOCS.glob("*.md"), *_DOCS.glob("registry/*.md")]))
    if "<!-- made of" in page.read_text(encoding="utf-8")
)
_PART = re.compile(r"(<!-- made of [^:]+: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled_in(page: str) -> str:
    """The text of a page with its parts as the tables are now."""
    return _PART.sub(lambda part: f"{part[1]}\n{_part(part['name'])}\n\n{part[3]}", page)


def _part(name: str) -> str:
    if name.startswith("example-"):
        return f"```python\n{(EXAMPLES / (name.removeprefix('example-') + '.py')).read_text(encoding='utf-8')}```"
    language, _, example = name.partition("-")
    if language in _PROGRAMS:
        program = (EXAMPLES / language / example / _PROGRAMS[language]).read_text(encoding="utf-8")
        return f"```{language}\n{program}```"
    if name in PARTS:
        return "\n\n".join(PARTS[name]())
    return "\n\n".join(_lines(name.removeprefix("post-import-")))


def _failures_by_words() -> Iterator[str]:
    known = known_failures.table()
    yield f"Sources read on {known.checked}."
    yield _table(["AWS's message, or what you observe", "entry"], ((_observed(f), _link(f.id)) for f in known.failures))


def _failures() -> Iterator[str]:
    known = known_failures.table()
    for section, title in known.sections.items():
        yield f"## {title}"
        for failure in known.failures:
            if failure.section == section:
                yield f"### {failure.id}"
                yield _entry(failure)


def _entry(failure: KnownFailure) -> str:
    code = f", code `{failure.code}`" if failure.code else ""
    origin = known_failures.table().sources[failure.source]
    message = f"{_observed(failure)}{code}{' (*assumed*)' if failure.assumed else ''}"
    entries = {
        "Message": message if failure.message else None,
        "Symptom": failure.symptom,
        "Cause": failure.cause,
        "Remedy": failure.remedy,
        "In preview": failure.preview,
        "Manual check": failure.by_hand,
        "See also": ", ".join(map(_link, failure.see_also)),
        "Source": f"<{origin}>" if re.fullmatch(r"https://\S+[^,]", origin) else origin,
    }
    return "\n".join(f"- **{name}:** {text}" for name, text in entries.items() if text)


def _observed(failure: KnownFailure) -> str:
    return f"`{failure.message}`" if failure.message else str(failure.symptom)


def _link(id: str) -> str:
    return f"[{id}](#{id.lower()})"


def _rules() -> Iterator[str]:
    for title, table in rule_parts.sections():
        yield f"### {title}"
        yield _table(*table)


def _rule_sources() -> Iterator[str]:
    checked, table = rule_parts.sources()
    yield f"Read on {checked}."
    yield _table(*table)


def _systems() -> Iterator[str]:
    table = supported_systems.table()
    yield f"Source: <{table.source}>, read on {table.checked}."
    yield f"AWS has not imported 32-bit systems since {table.i386_stops}."
    yield (
        "*End of life*: AWS no longer tests the system. *Withdrawn*: AWS also announced its removal from the list for "
        f"{table.withdrawn_from}."
    )
    for system in table.systems:
        yield f"### {system.family}"
        yield f"`license_type` {' or '.join(system.licenses)}" + (f"; {system.note}." if system.note else ".")
        detail = "kernels" if system.releases[0].kernels else "editions"
        yield _table(["version", detail, "remarks"], map(_release, system.releases))


def _release(release: Release) -> Sequence[str]:
    remarks = [
        "32-bit listed" if set(release.bits) != {64} else "",
        f"boots with {release.boot_mode}" if release.boot_mode else "",
        "not in opt-in Regions" if release.default_regions_only else "",
        f"not in {', '.join(release.not_in_regions)}" if release.not_in_regions else "",
        "*withdrawn*" if release.withdrawn else "*end of life*" if release.end_of_life else "",
        release.note or "",
    ]
    return ", ".join(release.versions), ", ".join(release.kernels or release.editions), "; ".join(filter(None, remarks))


def _formats() -> Iterator[str]:
    table = supported_systems.table()
    rows = ((format["name"], format["description"], ", ".join(format["imports"])) for format in table.formats)
    yield _table(["format", "description", "resource"], rows)
    yield (
        f"ImportImage accepts at most {MAX_IMPORT_VOLUMES} disks, root disk first, each smaller than "
        f"{IMAGE_DISK_LIMIT_BYTES // TIB} TiB. ImportSnapshot accepts a disk smaller than "
        f"{SNAPSHOT_DISK_LIMIT_BYTES // TIB} TiB."
    )
    head = ["system", "partition tables", "file systems", "note"]
    columns = ("platform", "partition_tables", "file_systems", "note")
    yield _table(head, ([_cell(volume[column]) for column in columns] for volume in table.volumes))


def _usage_operations() -> Iterator[str]:
    rows = (
        (
            system,
            license_type,
            f"{edition}, licensed by AWS" if edition else "none, or with your own license",
            operation.value,
        )
        for (system, license_type, edition), operation in USAGE_OPERATIONS.items()
    )
    yield _table(["operating system", "license type", "SQL Server", "usage_operation"], rows)


def _image_errors() -> Iterator[str]:
    table = workspace_image_errors.table()
    yield f"Source: <{table.source}>, read on {table.checked}."
    head = ["code", "meaning", "remedy", "BYOL Checker", "detected before the import by", "preparation steps"]
    rows = (
        (
            f"`{error.code}`",
            error.meaning + (" (*assumed*)" if error.assumed else ""),
            error.remedy,
            error.checker or "",
            rule_parts.detected_by(error.code),
            ", ".join(f"`{step}`" for step in steps_by_code().get(error.code, ())),
        )
        for error in sorted(table.errors.values(), key=lambda error: error.code.lower())
    )
    yield _table(head, rows)


def _ingestion_processes() -> Iterator[str]:
    table = ingestion_processes.table()
    head = ["ingestion_process", "protocol", "GPU", "Windows", "remarks"]
    rows = (
        (
            f"`{process.name}`",
            process.protocol,
            "yes" if process.gpu else "no",
            "10" if process.protocol == "PCoIP" else "10, 11",
            "; ".join(
                [
                    *(["WorkSpaces Core, for allow-listed accounts"] if process.requires_allow_list else []),
                    *([f"no new bundles since {process.retired}"] if process.retired else []),
                ]
            ),
        )
        for process in table.processes.values()
    )
    yield _table(head, rows)
    sources = ", ".join(f"<{source}>" for source in table.sources.values())
    yield f"Read on {table.checked}: {sources}."


def _lines(kind: str) -> Iterator[str]:
    whole = post_import.table()
    if kind not in whole.kinds:
        raise KeyError(f"post_import.toml has no kind {kind!r}")
    chosen = [line for line in whole.lines if line.kind == kind]
    yield "\n".join(f"- {_condition(line)}{line.text}" for line in chosen)
    sources = dict.fromkeys(f"<{whole.sources[line.source]}>" for line in chosen)
    yield f"Sources, read on {whole.checked}: {', '.join(sources)}."


def _condition(line: ReportLine) -> str:
    if "encrypted" in line.when:
        return ""  # the text says it
    spelled = {
        "is_client": "client editions",
        "is_generalized": "sysprep none or not set",
        "license_type": f"license type {line.when.get('license_type')}",
    }
    words = [line.when["system"]] if "system" in line.when else [spelled.get(k, str(v)) for k, v in line.when.items()]
    return f"*{', '.join(words)}:* " if words else ""


def _cell(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _public_classes() -> Iterator[str]:
    yield _table(*catalog_parts.public_classes())


def _resource_actions() -> Iterator[str]:
    for name, table in permission_parts.resource_actions():
        yield f"### {name}"
        yield _table(*table)


def _orphan_actions() -> Iterator[str]:
    yield _table(*catalog_parts.orphan_actions())


def _orphan_kinds() -> Iterator[str]:
    yield _table(*catalog_parts.orphan_kinds())
    yield "These resources leave no orphans:"
    yield catalog_parts.resources_without_orphans()


PARTS: dict[str, Callable[[], Iterable[str]]] = {
    "windows-releases": lambda: [_table(*guest_parts.releases())],
    "guest-steps": lambda: [_table(*guest_parts.steps())],
    "failures": _failures,
    "failures-by-words": _failures_by_words,
    "clone-runbook": lambda: [f"```powershell\n{clone_runbook.text()}```"],
    "formats": _formats,
    "functions": lambda: [_table(*catalog_parts.functions())],
    "image-errors": _image_errors,
    "ingestion-processes": _ingestion_processes,
    "orphan-actions": _orphan_actions,
    "orphan-kinds": _orphan_kinds,
    "configuration-keys": lambda: [_table(*catalog_parts.configuration_keys())],
    "provider-configuration": lambda: [_table(*catalog_parts.provider_configuration())],
    "policy-overview": lambda: [_table(*policy_parts.overview())],
    "policy-rules": policy_parts.sections,
    "public-classes": _public_classes,
    "resource-actions": _resource_actions,
    "component-actions": lambda: [_table(*permission_parts.component_actions())],
    "limited-actions": lambda: [_table(*permission_parts.limited_actions())],
    "passed-roles": lambda: [_table(*permission_parts.passed_roles())],
    "unlimited-actions": lambda: [permission_parts.unlimited_actions()],
    "rule-sources": _rule_sources,
    "rules": _rules,
    "undecidable": lambda: [_table(*rule_parts.undecidable())],
    "systems": _systems,
    "usage-operations": _usage_operations,
}

if __name__ == "__main__":
    line_diagram.PICTURE.write_text(line_diagram.svg(), encoding="utf-8")
    STUB.write_text(catalog_parts.stub(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    for page in PAGES:
        page.write_text(filled_in(page.read_text(encoding="utf-8")), encoding="utf-8")
