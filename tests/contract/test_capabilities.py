"""The page of capabilities names a test for each row; a row without one that runs is no capability."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "capabilities.md"
HEADINGS = ["row", "capability", "here", "test"]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::([\w:]+)(?:\[[^`]*\])?`")
_SKIPPING = re.compile(r"\b(skip|skipif|xfail|importorskip)\b")


@dataclass(frozen=True)
class Row:
    """One capability and the tests it rests on."""

    number: str
    tests: tuple[tuple[str, str], ...]


def rows(page: str) -> Iterator[Row]:
    """The rows of the page's table."""
    is_table = False
    for line in page.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if [cell.lower() for cell in cells] == HEADINGS:
            is_table = True
        elif not line.startswith("|"):
            is_table = False
        elif is_table and len(cells) == len(HEADINGS) and not set(cells[0]) <= set("-: "):
            yield Row(cells[0], tuple((path, name) for path, name in _NAMED.findall(cells[-1])))


def problems(page: str, root: Path) -> list[str]:
    """What is wrong with the page: rows that name no test, tests that are missing or do not run."""
    found = list(rows(page))
    wrong = [] if found else ["there is no table with the columns " + ", ".join(HEADINGS)]
    numbers = [row.number for row in found]
    wrong += [f"{number}: stands there twice" for number in sorted({n for n in numbers if numbers.count(n) > 1})]
    for row in found:
        if not row.tests:
            wrong.append(f"{row.number}: names no test")
        wrong += [f"{row.number}: {trouble}" for path, name in row.tests if (trouble := _trouble(root, path, name))]
    return wrong


def _trouble(root: Path, path: str, name: str) -> str | None:
    file = root / path
    if not file.is_file():
        return f"there is no {path}"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    test = _find(tree, name.split("::"))
    if test is None or not test.name.startswith("test_"):
        return f"there is no {name} in {path}"
    marks = [
        node for node in tree.body if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets[0])
    ]
    if any(_SKIPPING.search(ast.unparse(node)) for node in (*marks, *test.decorator_list, *_pytest_calls(test))):
        return f"{name} in {path} is skipped or expected to fail"
    return None


def _find(tree: ast.AST, names: list[str]) -> ast.FunctionDef | ast.ClassDef | None:
    for node in getattr(tree, "body", ()):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == names[0]:
            return node if len(names) == 1 else _find(node, names[1:])
    return None


def _pytest_calls(test: ast.AST) -> Iterator[ast.AST]:
    """The names behind `pytest.` in a test's body."""
    for node in ast.walk(test):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pytest":
            yield node


SAMPLE_TESTS = """
import pytest

def test_runs():
    assert True

def helper():
    assert True

@pytest.mark.skipif(True, reason="slow")
def test_skipped():
    assert True

@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.xfail)])
def test_half(n):
    assert n

def test_gives_up():
    pytest.skip("no engine")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(SAMPLE_TESTS)
    marked = 'import pytest\npytestmark = pytest.mark.skip("all")\n\ndef test_runs():\n    assert True\n'
    (tmp_path / "tests" / "test_marked.py").write_text(marked)
    return tmp_path


def page(test: str) -> str:
    header = "| row | capability | here | test |\n|---|---|---|---|\n"
    return f"# Capabilities\n\n{header}| C01 | import a disk | yes | {test} |\n\nAnd | some | other | text.\n"


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        pytest.param("`tests/test_a.py::test_runs`", None, id="runs"),
        pytest.param("`tests/test_a.py::test_runs[one-two]`", None, id="one-of-a-table"),
        pytest.param("see the code", "C01: names no test", id="none"),
        pytest.param("`tests/test_b.py::test_runs`", "C01: there is no tests/test_b.py", id="no-file"),
        pytest.param("`tests/test_a.py::test_b`", "C01: there is no test_b in tests/test_a.py", id="no-test"),
        pytest.param("`tests/test_a.py::helper`", "C01: there is no helper in tests/test_a.py", id="no-test-either"),
        pytest.param("`tests/test_a.py::test_skipped`", "test_skipped in tests/test_a.py is skipped", id="skipped"),
        pytest.param("`tests/test_a.py::test_half`", "test_half in tests/test_a.py is skipped", id="xfail-in-a-table"),
        pytest.param("`tests/test_a.py::test_gives_up`", "test_gives_up in tests/test_a.py", id="skips-itself"),
        pytest.param("`tests/test_marked.py::test_runs`", "test_runs in tests/test_marked.py is", id="all-skipped"),
        pytest.param(
            "`tests/test_a.py::test_runs`, `tests/test_a.py::test_b`",
            "C01: there is no test_b in tests/test_a.py",
            id="second-of-two",
        ),
    ],
)
def test_the_page_is_judged_by_the_tests_it_names(root: Path, test: str, problem: str | None) -> None:
    found = problems(page(test), root)
    assert len(found) == (problem is not None)
    assert problem is None or problem in found[0]


def test_fails_on_a_page_without_a_table_and_on_rows_that_stand_there_twice(root: Path) -> None:
    assert problems("# Capabilities\n", root) == ["there is no table with the columns row, capability, here, test"]
    row = "| C01 | import a disk | yes | `tests/test_a.py::test_runs` |\n"
    assert problems(page("`tests/test_a.py::test_runs`").replace(row, row * 2), root) == ["C01: stands there twice"]


def test_every_capability_has_a_test_that_runs() -> None:
    assert problems(PAGE.read_text(encoding="utf-8"), ROOT) == []
