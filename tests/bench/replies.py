"""Twenty fixed prompts, answered by every local chat model, side by side; then bits a byte on held-out dialogues.

Nothing here decides which answer is better: that is for the reader. The numbers below the answers are the measure.
"""

import os
import tempfile

from genchat.corpora.loader import corpora_folder
from genchat.engine.contract import Backend, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.evaluation.measuring import EvalText, Failure, measure_each
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.sampling import SamplingSettings
from genchat.engine.settings import load_settings
from genchat.engine.text import safe_line

PROMPTS = (
    "bom dia",
    "oi, tudo bem?",
    "quem é você?",
    "o que posso comer no café da manhã?",
    "me conta uma piada",
    "estou cansado hoje",
    "como faço para estudar melhor?",
    "qual é a capital do Brasil?",
    "o que é um token?",
    "vai chover amanhã?",
    "hello",
    "how are you?",
    "who are you?",
    "what should I eat before a run?",
    "I feel sad today",
    "tell me a joke",
    "how many days are there in a week?",
    "what is a language model?",
    "will I win the lottery?",
    "goodbye",
)
_SETTINGS = ReplySettings(SamplingSettings(temperature=0.5, top_p=0.9, seed=7), max_tokens=80)
_WIDTH = 96


def _answer(backend: Backend, prompt: str) -> str:
    events = backend.reply([Message(Role.USER, prompt)], _SETTINGS)
    return safe_line("".join(event.text for event in events if isinstance(event, Step)), _WIDTH)


def main() -> None:
    """Print the answers and the table."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("GENCHAT_HOME", home)
        settings = load_settings(paths().settings)
        registry = Registry(paths(), settings)
        names = [entry.name for entry in registry.models() if entry.chat and entry.family in ("ngram", "lstm", "gpt")]
        backends = {name: registry.open(name) for name in names}
        for prompt in PROMPTS:
            print(f"\n> {prompt}")
            for name, backend in backends.items():
                print(f"  {name:12} {_answer(backend, prompt)}")
        folder = corpora_folder() / "dialogues"
        files = sorted(folder.rglob("heldout_*.txt"))
        texts = [EvalText(path.name, path.read_text(encoding="utf-8"), "replies") for path in files]
        print("\nheld-out dialogues, replies only, bits a byte")
        for found in measure_each(names, texts, paths(), settings):
            if isinstance(found, Failure):
                print(f"  {found.model}: {found.error}")
                continue
            for each in found:
                print(f"  {each.model:12} {each.text:28} {each.price.bits_per_byte:.4f}")
