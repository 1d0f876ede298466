"""The summaries at the end of a test run, what fails it as a whole, and what the garbage collector need not visit."""

import gc
from collections import defaultdict
from collections.abc import Generator

import pytest
from tests.uncalled_actions import uncalled_actions

_PHASES = ("look up", "create", "resume", "delete", "cancel")
_UNCALLED = pytest.StashKey[list[str]]()
_HEADINGS = ("resource", "phase", "#", "call", "kill -9", "Ctrl-C")


def pytest_collection_finish() -> None:
    """Exempt modules and collected tests from garbage collection: visiting them took an eighth of the tests' time."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail when all tests of lifecycles passed and the catalog has actions that none of them needed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and reporter is not None and not hasattr(session.config, "workerinput"):
        reports = [report for reports in reporter.stats.values() for report in reports if hasattr(report, "nodeid")]
        if lines := uncalled_actions(session.config, reports):
            session.config.stash[_UNCALLED] = lines
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Print the fault matrix first and the uncalled actions last, where the end of a log shows what failed."""
    _print_fault_matrix(terminalreporter)
    yield
    if lines := terminalreporter.config.stash.get(_UNCALLED, []):
        terminalreporter.section(
            "actions that no test of a lifecycle needs: remove them from the catalog, or test them"
        )
        for line in lines:
            terminalreporter.write_line(f"FAILED {line}")


def _print_fault_matrix(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the rows of tests/engine/fault_matrix: call x fault x result."""
    results: defaultdict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "fault matrix":
                    kind, phase, number, call, fault, result = value
                    results[kind, phase, f"{number:>2}", call][fault] = result
    if not results:
        return
    rows = [
        _HEADINGS,
        *((*key, *(of.get(fault, "-") for fault in _HEADINGS[4:])) for key, of in sorted(results.items())),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    terminalreporter.section("every AWS call x kill -9 and Ctrl-C")
    for row in rows:
        terminalreporter.write_line(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
