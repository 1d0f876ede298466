"""Gathers the sources of the site: the pages of the repository, with their links, and the pages of the reference."""

import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from website import reference
from website.links import Links

ROOT = Path(__file__).resolve().parents[2]
_HERE, _DOCS = Path(__file__).resolve().parent, ROOT / "docs"
_ROOT_PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
_START = "getting_started.md"
# Sections of the README that other pages of the site have.
_NOT_IN_START = frozenset({"Components and resources", "Documentation"})
_OTHERS = "Guides"


def stage(folder: Path) -> None:
    """Write all sources of the site to an empty folder. Raises: BrokenLinkError."""
    folder.mkdir(parents=True)
    for name in ("conf.py", "site.css"):
        shutil.copy(_HERE / name, folder)
    for picture in _DOCS.glob("*.svg"):
        shutil.copy(picture, folder)
    own = dict(_own_pages())
    generated = reference.pages(_read("docs/existing_resources.md"))
    known = {source: page for page, source in own.items()} | {f"docs/{page}": page for page in generated}
    links = Links(ROOT, known | {"README.md": _START, "docs/decisions": "decisions/index.md"})
    pages = {page: links.of_page(_read(source), source, page) for page, source in own.items()}
    pages[_START] = links.of_page(_start(_read("README.md")), "README.md", _START)
    pages["decisions/index.md"] = _decisions(pages)
    for page, text in generated.items():
        pages[page] = links.of_page(text, f"docs/{page}", page)
    sections = _sections(pages)
    pages |= sections
    pages["index.md"] = _read("docs/website/index.md") + _toctree([*sections], is_hidden=True)
    for page, text in pages.items():
        (folder / page).parent.mkdir(exist_ok=True)
        (folder / page).write_text(text, encoding="utf-8")


def _own_pages() -> Iterator[tuple[str, str]]:
    """Each page of the site that is a file of the repository, and that file."""
    for path in sorted([*_DOCS.glob("*.md"), *_DOCS.glob("decisions/*.md")]):
        yield path.relative_to(_DOCS).as_posix(), path.relative_to(ROOT).as_posix()
    for source, page in _ROOT_PAGES.items():
        yield page, source


def _start(readme: str) -> str:
    """The sections of the README that lead from nothing to an image."""
    _, *sections = re.split(r"^(?=## )", readme, flags=re.MULTILINE)
    kept = [section for section in sections if section.splitlines()[0].removeprefix("## ") not in _NOT_IN_START]
    return "# Getting started\n\n" + "".join(kept)


def _decisions(pages: Mapping[str, str]) -> str:
    names = sorted(page.removeprefix("decisions/") for page in pages if page.startswith("decisions/"))
    return "# Decisions\n\nWhy the library is built as it is, and what was rejected.\n" + _toctree(names)


def _sections(pages: Mapping[str, str]) -> dict[str, str]:
    """The page of each section of the site. Every page is in one of them, or in the index of a folder."""
    sections = tomllib.loads(_read("docs/website/navigation.toml"))["sections"]
    listed = {f"{page}.md" for section in sections for page in section["pages"]}
    others = [page for page in sorted(pages) if "/" not in page and page not in listed]
    found = {}
    for section in sections:
        names = [f"{page}.md" for page in section["pages"] if f"{page}.md" in pages]
        names += others if section["title"] == _OTHERS else []
        text = f"# {section['title']}\n\n{section['summary']}\n"
        found[f"sections/{section['title'].lower()}.md"] = text + _toctree([f"/{name}" for name in names])
    return found


def _toctree(pages: Sequence[str], *, is_hidden: bool = False) -> str:
    options = [":maxdepth: 1", *([":hidden:"] if is_hidden else [])]
    return "\n".join(["", "```{toctree}", *options, "", *pages, "```", ""])


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
