"""The summary at the end of a test run."""

from collections import defaultdict

import pytest

_PHASES = ("look up", "create", "resume", "delete", "cancel")
_HEADINGS = ("resource", "phase", "#", "call", "kill -9", "Ctrl-C")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
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
