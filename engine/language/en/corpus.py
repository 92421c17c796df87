"""`genchat corpus`, in English."""

TEXTS = {
    "corpus.help": "Texts to train on: fetch them from the catalogue or add your own.",
    "corpus.list": "list the texts that are here and those in the catalogue",
    "corpus.show": "show what is known about a text, and its beginning",
    "corpus.pull": "fetch a text from the catalogue (resumed, checked by its sha256) and print where it is",
    "corpus.add": "copy a file of your own into genchat's texts and print where it is",
    "corpus.rm": "delete a text that was fetched or added",
    "corpus.name": "the name of a text (genchat corpus list)",
    "corpus.file": "a UTF-8 text file",
    "corpus.new_name": "the name of the copy (default: the file's own)",
    "corpus.here": "here",
    "corpus.fetching": "fetching {name}",
    "corpus.kept": "{name} · licence: {licence} · credit: {attribution}",
    "corpus.removed": "{name} was deleted",
}
