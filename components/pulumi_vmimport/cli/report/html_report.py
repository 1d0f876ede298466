"""Renders the report: one HTML page without scripts and without anything from elsewhere."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pulumi_vmimport.cli.report.report_view import ReportView

_FOLDER = Path(__file__).parent


def html_report(view: ReportView) -> str:
    """The page. Every text of the view is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((_FOLDER / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of this package
    return environment.get_template("report.html.j2").render(report=view, style=style)
