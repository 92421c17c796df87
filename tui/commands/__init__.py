"""The sub-commands of `genchat`: one module a command group, imported only when its command is used.

A module holds `app`, a typer.Typer whose help texts are keys of engine/language ("cli.next.help"). A new command is one
module and one line here; its line in the overview is the text "cli.overview.<name>".
"""

COMMANDS = {
    "prompt": "tui.commands.prompt",
    "next": "tui.commands.next",
    "score": "tui.commands.score",
    "eval": "tui.commands.eval",
    "complete": "tui.commands.complete",
    "train": "tui.commands.train",
    "corpus": "tui.commands.corpus",
    "docs": "tui.commands.docs",
    "words": "tui.commands.words",
    "import": "tui.commands.import_model",
    "pull": "tui.commands.pull",
    "models": "tui.commands.models",
    "keys": "tui.commands.keys",
    "history": "tui.commands.history",
    "config": "tui.commands.config",
    "doctor": "tui.commands.doctor",
    "completion": "tui.commands.completion",
}
