"""Texts on which two tokenizers are compared."""

from pathlib import Path

import numpy as np

_ROOT = Path(__file__).parents[3]
_RANGES = [(0, 128), (128, 0x250), (0x370, 0x600), (0x2000, 0x3100), (0x4E00, 0x4F00), (0x1F600, 0x1F650)]
_PIECES = [" ", "\n", "  ", "'s", "123", "the", " água", "\r\n", "\t"]


def mixed_text() -> str:
    """300,000 characters of program, English, Portuguese, verse and prose."""
    files = [*sorted((_ROOT / "engine" / "language").rglob("*.py")), *sorted((_ROOT / "corpora").rglob("*.txt"))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)[:300_000]


def random_strings(count: int) -> list[str]:
    """Letters of many scripts between pieces that tokenizers cut at; the same every time."""
    random = np.random.default_rng(4)
    strings = []
    for _ in range(count):
        letters = [chr(int(random.integers(*_RANGES[int(random.integers(len(_RANGES)))]))) for _ in range(8)]
        letters += [_PIECES[int(random.integers(len(_PIECES)))] for _ in range(4)]
        random.shuffle(letters)
        strings.append("".join(letters))
    return strings
