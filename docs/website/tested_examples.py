"""The examples of the repository that use a resource. Tests run or compile each of them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pulumi_vmimport.lifecycle.program_spelling import snake_case

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_NO_PROGRAMS = frozenset({"unit_test.py"})


class Language(NamedTuple):
    """A language of programs."""

    title: str
    suffix: str
    highlighted_as: str
    use: str
    """A pattern of the use of `{name}`, a class or a function"""
    test: str
    """What the tests do with a program: they have no language host for every language"""


_TAB = """\
::::{{tab-item}} {title}
:sync: {key}

```{language}
{code}
```

The tests {test} this program: [`{file}`](../../{file}).

::::
"""
_LANGUAGES = (
    Language("Python", ".py", "python", r"\b(?:{name}|{snake})\(", "run"),
    Language("TypeScript", ".ts", "typescript", r"\bvmimport\.{name}(?:Output)?\(", "type-check"),
    Language("Go", ".go", "go", r"\bvmimport\.(?:New|Lookup)?{name}\(", "compile"),
    Language("C#", ".cs", "csharp", r"\b{name}(?:\.Invoke)?\(", "compile"),
    Language("YAML", ".yaml", "yaml", r"\bvmimport:(?:index:)?{name}\b", "run"),
)


def example(name: str) -> str:
    """The shortest example of each language in tabs; empty if there is none."""
    tabs = [tab for language in _LANGUAGES for tab in _tab(language, name)]
    return "\n".join([":::::{tab-set}", "", *tabs, ":::::"]) if tabs else ""


def _tab(language: Language, name: str) -> Iterator[str]:
    use = re.compile(language.use.format(name=name, snake=snake_case(name)))
    found = [path for path in _programs(language.suffix) if use.search(path.read_text(encoding="utf-8"))]
    if found:
        path = min(found, key=lambda path: (path.stat().st_size, path.name))
        yield _TAB.format(
            title=language.title,
            key=language.suffix.removeprefix("."),
            language=language.highlighted_as,
            test=language.test,
            code=path.read_text(encoding="utf-8").rstrip(),
            file=path.relative_to(_EXAMPLES.parent).as_posix(),
        )


def _programs(suffix: str) -> Sequence[Path]:
    return [path for path in sorted(_EXAMPLES.rglob(f"*{suffix}")) if _is_program(path)]


def _is_program(path: Path) -> bool:
    return path.name not in _NO_PROGRAMS and "node_modules" not in path.parts
