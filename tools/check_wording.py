"""Fail on wording that does not belong in this repository: `make lint` runs it.

Two kinds: phrases that read like a translation, and ids of documents outside the repository. TR-* stays, because
docs/troubleshooting.md resolves it; C.. and B.. belong in docs/capabilities.md.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# A letter on either side makes another word; an underscore does not, as names are words too.
BANNED = {
    r"told|tells?(?!\((?:self)?\))|telling": "report, return, name, detect, say",
    r"anew": "again, re-create, start a new ...",
    r"whoever|whosoever": "name the subject",
    r"mend(?:s|ed|ing)?": "repair, fix",
    r"(?:go|goes|going|gone|went)[ _]on": "continue, resume, keep running",
    r"of[ _]no[ _]use": "has no effect",
    r"(?:takes?|taken|taking|took)[ _](?:it|them|this|that)?[ _]?up": "resume, reuse",
    r"(?:sees?|seen|seeing)[ _]to": "handle",
    r"see[ _]that": "check that",
    r"put[ _]right": "repair, fix",
    r"puts?[ _]up[ _]with": "tolerate",
    r"begun": "started",
    r"for[ _]good": "permanently",
    r"at[ _]hand": "available",
    r"nothing[ _]of[ _]it": "none of it",
    r"(?:somebody|nobody)[ _](?:else's|else)": "another account, another process",
    r"once[ _]available": "retry until available",
}
IDS = re.compile(r"\b(?:AMB|DST|EXP|FMT|GP|IAM|IMG|INS|OS|S3|SEC|SNP|SYS|VM|WS)-\d{2}\b")
ROWS = re.compile(r"\b[BC]\d{2}\b")
ROWS_ALLOWED = {"docs/capabilities.md", "tests/contract/test_capabilities.py"}
OUTSIDE = re.compile(r"\b(?:api|sandbox|guest|transfer|native|windows)-facts\b|\brequirements\.md\b|\bdesign\.md\b")
SKIPPED = {"LICENSE", "sandbox/LICENSE", "constraints.txt", "tools/check_wording.py"}
_WORDING = re.compile(
    "|".join(rf"(?P<b{i}>(?<![A-Za-z])(?:{phrase})(?![A-Za-z]))" for i, phrase in enumerate(BANNED)), re.IGNORECASE
)
_INSTEAD = list(BANNED.values())


def problems(name: str, text: str) -> Iterator[str]:
    """Lines `file:line: ...` for what is wrong with a file's text."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _WORDING.finditer(line):
            yield f"{name}:{number}: {found[0]!r}: write {_INSTEAD[int(str(found.lastgroup)[1:])]}"
        for found in (*IDS.finditer(line), *OUTSIDE.finditer(line)):
            yield f"{name}:{number}: {found[0]!r} is defined outside this repository: cite the AWS page"
        for found in ROWS.finditer(line) if name.endswith((".py", ".md")) and name not in ROWS_ALLOWED else ():
            yield f"{name}:{number}: row {found[0]!r} belongs in docs/capabilities.md only"


def main(names: list[str]) -> int:
    """Check the files, or every file that git knows."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *names]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = [
        line
        for name in files
        if name not in SKIPPED and (ROOT / name).is_file() and (ROOT / name).suffix not in {".sum", ".png", ".xz"}
        for line in problems(name, (ROOT / name).read_text(encoding="utf-8"))
    ]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
