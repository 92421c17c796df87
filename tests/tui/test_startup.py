"""What opening the screen costs: nothing heavy is imported, whatever the model."""

import subprocess
import sys

HEAVY = (
    "torch",
    "google.genai",
    "google.generativeai",
    "transformers",
    "tokenizers",
    "tiktoken",
    "safetensors",
    "jinja2",
    "huggingface_hub",
    "pygments",
    "markdown_it",
    "rich.markdown",
    "rich.syntax",
    "tui.palette",
    "tui.screens.search",
)


def test_the_screen_loads_nothing_heavy() -> None:
    code = f"import sys, tui.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
