"""From a model's distribution to one token, as a table of stages, every one of them open to inspection.

A stage rescales the log-probabilities or takes candidates away; what is left at the end is drawn from. One stage is one
file in `stages/`: its name, its settings with bounds and defaults, and its function. Everything else reads that table
(`table.py`): settings keys, variables, flags, the sampling screen, the header, Gemini's mapping, the README's list, the
history and the panel. The stages run in this order:

1. penalties on what was said: repetition, frequency, presence, DRY;
2. temperature;
3. the grammar, which leaves out what an expression or a schema does not allow; at temperature 0 the chain ends here,
   and the likeliest token is taken;
4. cuts, the coarse ones first: top-n-sigma, top-k, typical-p, top-p, min-p, then XTC, which takes away the head of what
   the others left, and mirostat, which steers by what is left in the end;
5. the draw.

Each stage sees what the ones before it left, renormalised. Names are fetched when first asked for: settings are read
where numpy is not wanted yet.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genchat.engine.sampling.definition import Outcome as Outcome
    from genchat.engine.sampling.definition import StageDefinition as StageDefinition
    from genchat.engine.sampling.definition import StageInput as StageInput
    from genchat.engine.sampling.definition import StageName as StageName
    from genchat.engine.sampling.definition import StageSetting as StageSetting
    from genchat.engine.sampling.draws import Draw as Draw
    from genchat.engine.sampling.draws import Stage as Stage
    from genchat.engine.sampling.sampler import Sampler as Sampler
    from genchat.engine.sampling.settings import SamplingSettings as SamplingSettings

_HOMES = {
    "definition": ("Outcome", "StageDefinition", "StageInput", "StageName", "StageSetting"),
    "draws": ("Draw", "Stage"),
    "sampler": ("Sampler",),
    "settings": ("SamplingSettings",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
