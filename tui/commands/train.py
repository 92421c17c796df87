"""`genchat train`: one command a kind of model, each in a module of its own."""

from tui.commands.parser import lazy_group

KINDS = {
    "ngram": "tui.commands.train_ngram",
    "gpt": "tui.commands.train_neural:gpt",
    "lstm": "tui.commands.train_neural:lstm",
    "mixture": "tui.commands.train_mixture",
}

app = lazy_group(KINDS, "cli.train", "cli.train.help")
