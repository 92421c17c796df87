"""`genchat train`: one command for every kind of model, all in modules of their own."""

from genchat.tui.cli.parser import lazy_group

KINDS = {
    "ngram": "genchat.tui.cli.commands.train_ngram",
    "gpt": "genchat.tui.cli.commands.train_neural:gpt",
    "lstm": "genchat.tui.cli.commands.train_neural:lstm",
    "mixture": "genchat.tui.cli.commands.train_mixture",
}

app = lazy_group(KINDS, "cli.train", "cli.train.help")
