"""Makes the text model that ships: `python -m genchat.engine.pretrained.making.shakespeare TEXT FOLDER [--resume]`.

TEXT is tiny Shakespeare as `genchat corpus pull tinyshakespeare` keeps it; FOLDER becomes a mini GPT over its letters,
which goes on with any text as a play would. The last tenth of the text is only measured on.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from genchat.engine.pretrained.making.shipping import follow, write_halved
from genchat.engine.training.data import Source
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.run import plan

RECIPE = Recipe(family="gpt", tokens="char", layers=4, width=256, window=256, batch=16, weight_decay=0.3, steps=1200)
_LICENCE = "public domain"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write the model; progress goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m genchat.engine.pretrained.making.shakespeare", description=__doc__)
    parser.add_argument("text", type=Path, metavar="TEXT")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args(arguments)
    program = f"python -m genchat.engine.pretrained.making.shakespeare TEXT {options.folder.name}"
    checkpoint = options.folder.with_name(f"{options.folder.name}.checkpoint.safetensors")
    run = plan(
        [Source("tinyshakespeare", options.text.read_text(encoding="utf-8"), licence=_LICENCE)],
        RECIPE,
        options.folder,
        checkpoint,
        f"genchat corpus pull tinyshakespeare; {program}",
        resume=options.resume,
        samples=False,
        languages=("en",),
    )
    follow(run)
    card = run.keep()
    results = card.results | {"description": "plays, letter by letter"}
    write_halved(run, replace(card, results=results))
    checkpoint.unlink(missing_ok=True)
    print(f"held out: {run.trainer.place.held_out_curve[-1][2]:.4f} nats a letter", file=sys.stderr)


if __name__ == "__main__":
    main()
