"""Changes that formats are sensitive to: a whole number in the file becomes one that matters.

libFuzzer changes bits and bytes, and knows nothing of offsets, lengths and counts; a chain that leads back to its start
takes four right bytes in the right place.
"""

import random
from typing import Literal

from tests.fuzz.fuzzed_file import SPARSE

_SIZE = slice(1, 7)
_FIRST = 7  # behind the options and the size
Order = Literal["little", "big"]
_ORDERS: tuple[Order, ...] = ("little", "little", "big")
_WIDTHS = (1, 2, 4, 4, 8)
_MAX_CHANGES = 4


def with_other_number(data: bytes, seed: int) -> bytes:
    """The input with one to four numbers changed."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    changed = bytearray(data)
    if changed and changed[0] & SPARSE and not dice.randrange(4):
        changed[_SIZE] = (1 << dice.randrange(9, 47)).to_bytes(6, "little")
    for _ in range(dice.randint(1, _MAX_CHANGES)):
        width = dice.choice(_WIDTHS)
        if len(changed) < _FIRST + width:
            break
        at = _place(dice, len(changed), width)
        order = dice.choice(_ORDERS)
        value = _number(dice, changed, at, width, order)
        changed[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, order)
    return bytes(changed)


def _place(dice: random.Random, length: int, width: int) -> int:
    """Pieces start anywhere, but fields are even more often than odd from there."""
    at = dice.randrange(_FIRST, length - width + 1)
    return at - (at - _FIRST) % 2 if width > 1 and at > _FIRST and dice.random() < 0.5 else at


def _number(dice: random.Random, data: bytearray, at: int, width: int, order: Order) -> int:
    own = int.from_bytes(data[at : at + width], order)
    other = dice.randrange(len(data) - width + 1)
    power = 1 << dice.randrange(8 * width)
    return dice.choice(
        (
            0,
            0,
            -1,
            power,
            power - 1,
            own + dice.choice((-1, 1)),
            own * 2,
            own // 2,
            -own,
            int.from_bytes(data[other : other + width], "little"),
        )
    )
