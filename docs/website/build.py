"""Builds the site in a folder: `make site`. Warnings, broken links and resources from elsewhere are errors."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from website.links import BrokenLinkError
from website.staging import stage

_LOADED = re.compile(r"<(?:script|img|iframe|source|video)[^>]*?\bsrc=\"([^\"]+)\"|<link[^>]*?\bhref=\"([^\"]+)\"")
_HREF = re.compile(r"<a\b[^>]*?\bhref=\"(?![a-z]+:|//)([^\"#?]*)(?:\?[^\"#]*)?#?([^\"]*)\"")
_ANCHOR = re.compile(r"\bid=\"([^\"]+)\"")
_IMPORTED = re.compile(r"@import|url\(\s*[\"']?((?:https?:)?//[^)\"']+)")


def build(folder: Path) -> Path:
    """Build the site and return the folder of its pages.

    Raises: BrokenLinkError; CalledProcessError if Sphinx reports a warning; ValueError if a page loads something from
    elsewhere.
    """
    shutil.rmtree(folder, ignore_errors=True)
    sources, pages = folder / "sources", folder / "html"
    stage(sources)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-n", "-b", "html"]
    subprocess.run([*command, "-d", str(folder / "doctrees"), str(sources), str(pages)], check=True)
    if foreign := sorted(set(loaded_from_elsewhere(pages))):
        raise ValueError(f"the site loads from elsewhere: {', '.join(foreign)}")
    if broken := list(broken_links(pages)):
        raise BrokenLinkError("the site has broken links: " + ", ".join(broken))
    return pages


def broken_links(pages: Path) -> Iterator[str]:
    """The links between pages that lead to no page, or to no anchor of it."""
    texts = {page: page.read_text(encoding="utf-8") for page in sorted(pages.rglob("*.html"))}
    anchors = {page: set(_ANCHOR.findall(text)) for page, text in texts.items()}
    for page, text in texts.items():
        for file, anchor in sorted(set(_HREF.findall(text))):
            target = (page.parent / file).resolve() if file else page
            if not target.exists() or (anchor and target in anchors and anchor not in anchors[target]):
                yield f"{page.relative_to(pages)}: {file}{'#' if anchor else ''}{anchor}"


def loaded_from_elsewhere(pages: Path) -> Iterator[str]:
    """What the pages and the styles load from other hosts."""
    for page in pages.rglob("*.html"):
        for match in _LOADED.finditer(page.read_text(encoding="utf-8")):
            target = match[1] or match[2]
            if re.match(r"(?:https?:)?//", target):
                yield target
    for style in pages.rglob("*.css"):
        yield from filter(None, _IMPORTED.findall(style.read_text(encoding="utf-8")))


def main() -> None:
    """Build the site in the folder that the first argument names."""
    try:
        built = build(Path(sys.argv[1]))
    except (BrokenLinkError, ValueError) as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    sys.stdout.write(f"{built / 'index.html'}\n")


if __name__ == "__main__":
    main()
