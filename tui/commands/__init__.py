"""The sub-commands of `genchat`: one module a command group, imported only when its command is used.

A module holds `app`, a typer.Typer whose help texts are keys of engine/language ("cli.next.help"). A new command is one
module and one line here; its line in the overview is the text "cli.overview.<name>".
"""

COMMANDS = {
    "prompt": "genchat.tui.commands.prompt",
    "next": "genchat.tui.commands.next",
    "score": "genchat.tui.commands.score",
    "eval": "genchat.tui.commands.eval",
    "complete": "genchat.tui.commands.complete",
    "train": "genchat.tui.commands.train",
    "corpus": "genchat.tui.commands.corpus",
    "docs": "genchat.tui.commands.docs",
    "words": "genchat.tui.commands.words",
    "import": "genchat.tui.commands.import_model",
    "pull": "genchat.tui.commands.pull",
    "models": "genchat.tui.commands.models",
    "keys": "genchat.tui.commands.keys",
    "history": "genchat.tui.commands.history",
    "config": "genchat.tui.commands.config",
    "doctor": "genchat.tui.commands.doctor",
    "completion": "genchat.tui.commands.completion",
}
