"""Change the code in random places, one at a time, and count which changes the unit and contract tests notice.

`make mutants` runs it on demand. mutmut makes and runs the mutants in a copy of the repository, .mutants, which has the
sources in `src`, as mutmut expects. Survivors are printed with their diffs.
"""

import argparse
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / ".mutants"
COPIED = ("sandbox", "tests", "docs", "examples", "stacks", "tools", "README.md", "CHANGELOG.md", "pyproject.toml")
MUTATED = ("aws", "lifecycle", "resources")
# They replace code objects, or are imported before mutmut can follow them.
NOT_MUTATED = ("src/pulumi_vmimport/lifecycle/pulumi_hooks.py", "src/pulumi_vmimport/resources/catalog.py")
TESTS = (
    "tests/contract/test_docs.py",
    "tests/contract/test_frozen_paths.py",
    "tests/contract/test_resource_inputs.py",
    "tests/contract/test_resources.py",
    "tests/unit/aws",
    "tests/unit/cli/orphans",
    "tests/unit/components",
    "tests/unit/lifecycle",
    "tests/unit/resources",
)
NOTICED = {"killed", "timeout", "caught by type check"}


def main() -> int:
    """Sample, run and report."""
    parser = argparse.ArgumentParser(description="count the mutants that the tests notice")
    parser.add_argument("--count", type=int, default=300, help="how many mutants to sample")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--at-least", type=float, default=85.0, help="percentage below which the run fails")
    arguments = parser.parse_args()
    prepare()
    first = mutmut(
        "run", "pulumi_vmimport.lifecycle.identity.*"
    )  # makes all mutants, and learns which tests reach which
    if first.returncode:
        sys.stderr.write(first.stdout[-4000:])
        return 1
    names = sorted(statuses())
    sample = random.Random(arguments.seed).sample(names, min(arguments.count, len(names)))  # noqa: S311 - no secret
    mutmut("run", *sample)
    found = statuses()
    return report({name: found[name] for name in sample}, len(names), arguments.at_least)


def prepare() -> None:
    """Make the copy of the repository."""
    shutil.rmtree(COPY, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "components", COPY / "src", ignore=ignored)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, COPY / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, COPY / name)
    (COPY / "mutants").mkdir()
    (COPY / "mutants" / "components").symlink_to("src")  # where the tests look for the sources
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/pulumi_vmimport/{folder}/*" for folder in MUTATED],
        "do_not_mutate": NOT_MUTATED,
        "also_copy": COPIED,
        "pytest_add_cli_args": ["-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": TESTS,
    }
    lines = ["[mutmut]"] + [f"{name}=\n    " + "\n    ".join(values) for name, values in settings.items()]
    (COPY / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")


def mutmut(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The result of a mutmut command in the copy."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=COPY, capture_output=True, text=True, check=False)


def statuses() -> dict[str, str]:
    """What became of each mutant, by its name."""
    lines = mutmut("results", "--all", "true").stdout.splitlines()
    pairs = (line.strip().rpartition(": ") for line in lines if "__mutmut_" in line)
    return {name: status for name, _, status in pairs}


def report(sample: dict[str, str], of: int, at_least: float) -> int:
    """Print the figures and the survivors; 1 when too few were noticed."""
    noticed = sum(status in NOTICED for status in sample.values())
    percentage = 100 * noticed / len(sample)
    for name, status in sorted(sample.items()):
        if status not in NOTICED:
            sys.stdout.write(f"{status}: {name}\n{mutmut('show', name).stdout}\n")
    counts = ", ".join(f"{count} {status}" for status, count in Counter(sample.values()).most_common())
    sys.stdout.write(
        f"{noticed} of {len(sample)} sampled mutants noticed: {percentage:.0f} % ({counts}; {of} in all)\n"
    )
    return 0 if percentage >= at_least else 1


if __name__ == "__main__":
    sys.exit(main())
