"""`genchat corpus`, in English."""

TEXTS = {
    "corpus.help": "texts to train on: fetch from the catalogue, add your own",
    "corpus.list": "list the texts that are here and those the catalogue offers",
    "corpus.show": "show what is known of a text, and its beginning",
    "corpus.pull": "fetch a text of the catalogue (resumed, checked by its sha256); prints where it is",
    "corpus.add": "keep a copy of a file of your own; prints where it is",
    "corpus.rm": "delete a text that was fetched or added",
    "corpus.name": "the name of a text (genchat corpus list)",
    "corpus.file": "a UTF-8 text file",
    "corpus.new_name": "the name to keep it by (default: the file's own)",
    "corpus.here": "here",
    "corpus.fetching": "fetching {name}",
    "corpus.kept": "{name} · licence: {licence} · credit: {attribution}",
    "corpus.removed": "{name} was deleted",
}
