"""How far a look at all of an image has come, for who waits at a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from pulumi_vmimport.cli.inspect.target import Target
from pulumi_vmimport.cli.terminal import escaped
from pulumi_vmimport.disk.rules.rule_context import rounded


@dataclass
class _Line:
    """What stands beside the spinner; rich asks for it some ten times a second."""

    image: Target
    name: str

    def __rich__(self) -> Text:
        read, size = self.image.reads().bytes, self.image.source.size_bytes
        return Text(f"reading {self.name}: {rounded(read)} (the file has {rounded(size)})")


@contextmanager
def progress(image: Target, name: str, *, wanted: bool) -> Iterator[None]:
    """A line on stderr while the block runs, where that is a terminal."""
    console = Console(stderr=True, highlight=False)
    if not (wanted and console.is_terminal):
        yield
        return
    with console.status(_Line(image, escaped(name)), spinner="line"):
        yield
