"""`python -m pulumi_vmimport_sandbox start|serve|stop DIRECTORY`."""

import argparse
import math
import sys
from pathlib import Path

from pulumi_vmimport_sandbox import background
from pulumi_vmimport_sandbox.lock import AlreadyRunning

_BUILD_SECONDS = 1800.0  # a machine without Pulumi builds the engine first: 3 to 7 minutes on two cores


def main(arguments: list[str]) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    directory: Path = options.directory.resolve()
    try:
        if options.command == "serve":
            background.serve(directory, options.clock_factor, options.guest_disk)
        elif options.command == "start":
            passed = ["--clock-factor", str(options.clock_factor)]
            if options.guest_disk is not None:
                passed += ["--guest-disk", str(options.guest_disk.resolve())]
            said = background.start(directory, passed, _BUILD_SECONDS)
            print(f"{said}\nready: . {directory / background.ENV_FILE}")  # noqa: T201 - a command's output
        else:
            print(background.stop(directory))  # noqa: T201 - a command's output
    except (AlreadyRunning, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    return 0


def _factor(text: str) -> float:
    factor = float(text)
    if not 1 <= factor < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, got {text}")
    return factor


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pulumi_vmimport_sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("start", "start a sandbox that outlives this command"),
        ("serve", "run a sandbox until SIGTERM"),
        ("stop", "end the sandbox of a directory"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("directory", type=Path)
        if name != "stop":
            command.add_argument("--clock-factor", type=_factor, default=600.0, help="sandbox seconds in a real second")
            command.add_argument("--guest-disk", type=Path, help="stream-optimized VMDK that an installation leads to")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
