"""The sub-commands of `genchat`: one module a command group, imported only when its command is used.

A module holds `app`, a typer.Typer whose help texts are keys of engine/language ("cli.next.help"). A new command is one
module and one line here; its line in the overview is the text "cli.overview.<name>".
"""

COMMANDS = {
    "prompt": "genchat.tui.cli.commands.prompt",
    "next": "genchat.tui.cli.commands.next",
    "score": "genchat.tui.cli.commands.score",
    "inspect": "genchat.tui.cli.commands.inspect",
    "compare": "genchat.tui.cli.commands.compare",
    "eval": "genchat.tui.cli.commands.eval",
    "complete": "genchat.tui.cli.commands.complete",
    "train": "genchat.tui.cli.commands.train",
    "corpus": "genchat.tui.cli.commands.corpus",
    "docs": "genchat.tui.cli.commands.docs",
    "words": "genchat.tui.cli.commands.words",
    "import": "genchat.tui.cli.commands.import_model",
    "pull": "genchat.tui.cli.commands.pull",
    "models": "genchat.tui.cli.commands.models",
    "keys": "genchat.tui.cli.commands.keys",
    "history": "genchat.tui.cli.commands.history",
    "config": "genchat.tui.cli.commands.config",
    "doctor": "genchat.tui.cli.commands.doctor",
    "tour": "genchat.tui.cli.commands.tour",
    "completion": "genchat.tui.cli.commands.completion",
}
