"""Draws docs/line.svg from docs/line.toml."""

import tomllib
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

_SOURCE = Path(__file__).with_name("line.toml")
PICTURE = _SOURCE.with_suffix(".svg")
_BOX_WIDTH, _BOX_HEIGHT = 204, 44
_GAP, _ROW = 176, 92
_MARGIN, _HEAD = 24, 64
# How far from the middle of a side an edge starts or ends that turns, so that it does not cover a straight one.
_ASIDE = 11
_ATTRIBUTES = (
    'aria-labelledby="title description" '
    'font-family="system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"'
)
_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z"/></marker></defs>'
)
_STYLE = """
  .page { fill: #ffffff; stroke: #d5dae0 }
  .lane { fill: #f4f6f8 }
  .box { fill: #ffffff; stroke: #4f6bd8; stroke-width: 1.5 }
  .head, .thing { fill: #1b1f24; text-anchor: middle }
  .head { font-weight: 600; font-size: 14px }
  .thing { font-size: 13px }
  .name { fill: #5b6570; font: 11.5px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
  .middle { text-anchor: middle }
  .end { text-anchor: end }
  .edge { fill: none; stroke: #5b6570; stroke-width: 1.5; marker-end: url(#arrow) }
  .back { stroke-dasharray: 5 4 }
  marker path { fill: #5b6570 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #14191f; stroke: #2d3640 }
    .lane { fill: #1c232b }
    .box { fill: #14191f; stroke: #7f97f0 }
    .head, .thing { fill: #e6eaef }
    .name { fill: #a5b0bc }
    .edge { stroke: #a5b0bc }
    marker path { fill: #a5b0bc }
  }
"""


def svg() -> str:
    """The picture, with a title and a description for screen readers."""
    diagram = tomllib.loads(_SOURCE.read_text(encoding="utf-8"))
    boxes = {box["id"]: box for box in diagram["boxes"]}
    rows = 1 + max(box["row"] for box in boxes.values())
    count = len(diagram["columns"])
    width = 2 * _MARGIN + count * _BOX_WIDTH + (count - 1) * _GAP
    height = _top(rows - 1) + _BOX_HEIGHT + _MARGIN + 4
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" {_ATTRIBUTES}>',
        f'<title id="title">{escape(diagram["title"])}</title>',
        f'<desc id="description">{escape(diagram["description"])}</desc>',
        f"<style>{_STYLE}</style>",
        _ARROW,
        f'<rect class="page" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        *_lanes(diagram["columns"], height),
        *(line for edge in diagram["edges"] for line in _edge(edge, boxes)),
        *(line for box in boxes.values() for line in _box(box)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _lanes(titles: list[str], height: int) -> Iterator[str]:
    for number, title in enumerate(titles):
        left = _left(number)
        yield (
            f'<rect class="lane" x="{left - 12}" y="14" width="{_BOX_WIDTH + 24}" height="{height - 28}" rx="6"/>'
            f'<text class="head" x="{left + _BOX_WIDTH // 2}" y="40">{escape(title)}</text>'
        )


def _box(box: Mapping[str, Any]) -> Iterator[str]:
    left, top = _left(box["column"]), _top(box["row"])
    yield f'<rect class="box" x="{left}" y="{top}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="6"/>'
    yield f'<text class="thing" x="{left + _BOX_WIDTH // 2}" y="{top + 27}">{escape(box["text"])}</text>'


def _edge(edge: Mapping[str, Any], boxes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    start, end = boxes[edge["from"]], boxes[edge["to"]]
    label = escape(edge["label"])
    kind = "edge back" if edge.get("back") else "edge"
    if start["column"] == end["column"]:
        path, text = _vertical(start, end, label)
    elif start["row"] == end["row"]:
        path, text = _horizontal(start, end, label)
    else:
        path, text = _bent(start, end, edge["bend"], label)
    yield f'<path class="{kind}" d="{path}"/>'
    yield text


def _vertical(start: Mapping[str, Any], end: Mapping[str, Any], label: str) -> tuple[str, str]:
    x = _left(start["column"]) + _BOX_WIDTH // 4  # leaves room for the label
    down = end["row"] > start["row"]
    from_y, to_y = _top(start["row"]) + (_BOX_HEIGHT if down else 0), _top(end["row"]) + (0 if down else _BOX_HEIGHT)
    return f"M{x} {from_y}V{to_y}", f'<text class="name" x="{x + 8}" y="{(from_y + to_y) // 2 + 4}">{label}</text>'


def _horizontal(start: Mapping[str, Any], end: Mapping[str, Any], label: str) -> tuple[str, str]:
    y = _middle(start["row"])
    from_x, to_x = _sides(start, end)
    below = 18 if end["column"] < start["column"] else -8
    text = f'<text class="name middle" x="{(from_x + to_x) // 2}" y="{y + below}">{label}</text>'
    return f"M{from_x} {y}H{to_x}", text


def _bent(start: Mapping[str, Any], end: Mapping[str, Any], bend: float, label: str) -> tuple[str, str]:
    """An edge that leaves and reaches its boxes beside the straight edges, and turns twice in the gap."""
    from_x, to_x = _sides(start, end)
    left = min(from_x, to_x)
    x = round(left + bend * _GAP)
    down = _ASIDE if end["row"] > start["row"] else -_ASIDE
    from_y, to_y = _middle(start["row"]) + down, _middle(end["row"]) - down
    if start["column"] < end["column"]:  # beside the end of the edge, on the longer side of the bend
        text = f'<text class="name" x="{x + 8}" y="{(to_y if down > 0 else from_y) - 7}">{label}</text>'
    else:
        text = f'<text class="name end" x="{x - 8}" y="{to_y - 10}">{label}</text>'
    return f"M{from_x} {from_y}H{x}V{to_y}H{to_x}", text


def _sides(start: Mapping[str, Any], end: Mapping[str, Any]) -> tuple[int, int]:
    """Where an edge between two columns starts and ends."""
    if start["column"] < end["column"]:
        return _left(start["column"]) + _BOX_WIDTH, _left(end["column"])
    return _left(start["column"]), _left(end["column"]) + _BOX_WIDTH


def _left(column: int) -> int:
    return _MARGIN + column * (_BOX_WIDTH + _GAP)


def _top(row: int) -> int:
    return _HEAD + row * _ROW


def _middle(row: int) -> int:
    return _top(row) + _BOX_HEIGHT // 2
