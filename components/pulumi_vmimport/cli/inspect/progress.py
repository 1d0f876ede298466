"""Progress of a deep inspection, for a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from pulumi_vmimport.cli.inspect.target import InspectionTarget
from pulumi_vmimport.cli.terminal import escaped
from pulumi_vmimport.disk.rules.text_format import approximate_size


@dataclass
class _Line:
    """The line beside the spinner, which rich renders about ten times a second."""

    image: InspectionTarget
    name: str

    def __rich__(self) -> Text:
        read, size = self.image.reads().bytes, self.image.size_bytes
        return Text(f"reading {self.name}: {approximate_size(read)} of {approximate_size(size)}")


@contextmanager
def progress(image: InspectionTarget, name: str, *, wanted: bool) -> Iterator[None]:
    """Show a line on stderr while the block runs, if stderr is a terminal."""
    console = Console(stderr=True, highlight=False)
    if not (wanted and console.is_terminal):
        yield
        return
    with console.status(_Line(image, escaped(name)), spinner="line"):
        yield
