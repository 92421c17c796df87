"""`genchat train`: one command a kind of model, each in a module of its own."""

from genchat.tui.commands.parser import lazy_group

KINDS = {
    "ngram": "genchat.tui.commands.train_ngram",
    "gpt": "genchat.tui.commands.train_neural:gpt",
    "lstm": "genchat.tui.commands.train_neural:lstm",
    "mixture": "genchat.tui.commands.train_mixture",
}

app = lazy_group(KINDS, "cli.train", "cli.train.help")
