"""The statistical model: parity with KenLM, speed of whole distributions, training, peers, and what recall brings.

Tiny Shakespeare is cut as usual (first 90 % to train), words as `\\w+|[^\\w\\s]|\\n`, closed vocabulary: types seen
twice or more, every other token one ordinary token. KenLM is asked through kenlm-ex, on an ARPA file of the same model.
"""

import math
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from genchat import corpora
from genchat.engine.conversation import Message, Role, TurnTemplate
from genchat.engine.ngram.chat import ChatNgramModel
from genchat.engine.ngram.sources import dialogue_sources
from genchat.engine.ngram.suffix_array import TokenStream
from genchat.engine.ngram.tables import NgramTables
from genchat.engine.ngram.training import build_ngram, estimate
from tests.bench import Row, bench_data, median_seconds, seconds, version
from tests.bench.arpa import write_arpa

_TOKEN = re.compile(r"\w+|[^\w\s]|\n")
_LN10 = math.log(10)
_CONTEXTS = 1000


def run() -> list[Row]:
    """All measurements, quick ones first."""
    return [
        *parity_on_the_toy(),
        *tiny_shakespeare(),
        *whole_distributions(),
        *training(),
        *conversations(),
        *nltk_models(),
        *markovify_model(),
    ]


def parity_on_the_toy() -> list[Row]:
    """Largest difference of a held-out log10 probability from lmplz and query."""
    folder = bench_data("bench/kenlm_toy")
    rows = []
    for order in (2, 3, 4):
        ids = {"<s>": 0, "</s>": 1, "<unk>": 2}
        stream = [
            token
            for line in (folder / "text.txt").read_text(encoding="utf-8").splitlines()
            for token in (0, *(ids.setdefault(word, len(ids)) for word in line.split()), 1)
        ]
        tables, _ = estimate(np.array(stream, dtype=np.int32), len(ids), order, like_lmplz=True)
        expected = [
            float(item.rsplit(" ", 1)[1])
            for item in (folder / f"order{order}.heldout.txt").read_text(encoding="utf-8").split("\t")
            if "=" in item
        ]
        got = np.concatenate(
            [
                tables.score([ids.get(word, 2) for word in [*line.split(), "</s>"]])
                for line in (folder / "heldout.txt").read_text(encoding="utf-8").splitlines()
            ]
        )
        worst = float(np.abs(got / _LN10 - np.array(expected)).max())
        rows.append(Row(f"KenLM parity, toy, order {order}: largest |Δ log10 p|", worst, "", 1e-5, "mark 1e-5"))
    return rows


def _split(text: str) -> tuple[str, str]:
    cut = int(0.9 * len(text))
    return text[:cut], text[cut:]


def _closed(train: Sequence[str], test: Sequence[str]) -> tuple[TokenStream, list[int], int]:
    """One-sentence streams of ids, <s> 0, </s> 1, <unk> 2, and the vocabulary size."""
    counts = Counter(train)
    ids = {"<s>": 0, "</s>": 1, "<unk>": 2}

    def encode(words: Sequence[str]) -> list[int]:
        return [ids.setdefault(word if counts[word] > 1 else "<rare>", len(ids)) for word in words]

    stream = np.array([0, *encode(train), 1], dtype=np.int32)
    return stream, [*encode(test), 1], len(ids)


def tiny_shakespeare() -> list[Row]:
    """Perplexity by words, bits by characters, against lmplz's."""
    text = bench_data("data/tinyshakespeare.txt").read_text(encoding="utf-8")
    train, test = _split(text)
    stream, tokens, size = _closed(_TOKEN.findall(train), _TOKEN.findall(test))
    words, _ = estimate(stream, size, 5, like_lmplz=True)
    perplexity = math.exp(-float(words.score(tokens).astype(np.float64).mean()))
    letters = {"<s>": 0, "</s>": 1, "<unk>": 2}
    stream = np.array([0, *(letters.setdefault(letter, len(letters)) for letter in train), 1], dtype=np.int32)
    characters, _ = estimate(stream, len(letters), 7)
    scored = characters.score([*(letters[letter] for letter in test), 1]).astype(np.float64)
    bits = -float(scored.mean()) / math.log(2)
    return [
        Row("tiny Shakespeare, closed words, order 5: perplexity", perplexity, "", 74.883, "KenLM lmplz"),
        Row("tiny Shakespeare, characters, order 7: bits a character", bits, "", 2.1880, "KenLM lmplz"),
    ]


def _vocabulary_of(size: int, parts: Sequence[str]) -> tuple[TokenStream, list[str]]:
    """A stream over the `size` most frequent tokens (specials among them) of some bench texts."""
    words = [word for part in parts for word in _TOKEN.findall(bench_data(f"data/{part}").read_text(encoding="utf-8"))]
    names = ["<s>", "</s>", "<unk>", *(word for word, _ in Counter(words).most_common(size - 3))]
    ids = {name: index for index, name in enumerate(names)}
    return np.array([0, *(ids.get(word, 2) for word in words), 1], dtype=np.int32), names


def _contexts(stream: TokenStream, count: int) -> Iterator[list[int]]:
    chosen = random.Random(1)
    for _ in range(count):
        place = chosen.randrange(5, len(stream))
        yield stream[place - 4 : place].tolist()


def whole_distributions() -> list[Row]:
    """p of all 50,000 words at once, here and by KenLM from Python on the same model."""
    parts = [path.name for path in sorted(bench_data("data").glob("machado_*.txt"))]
    stream, names = _vocabulary_of(50_000, parts)
    tables, _ = estimate(stream, len(names), 5)
    states = [tables.state_after(context) for context in _contexts(stream, _CONTEXTS)]
    whole = median_seconds([lambda state=state: tables.log_probs(state) for state in states])  # type: ignore[misc]
    roll = seconds(lambda: [tables.state_after(context) for context in _contexts(stream, _CONTEXTS)]) / _CONTEXTS
    size = f"50,000 words, {len(stream):,} tokens, order 5"
    peer, agreement = _kenlm(tables, stream, names)
    return [
        Row("whole distribution, median", whole * 1e3, "ms", 0.1, "mark 0.1 ms", note=size),
        Row("whole distribution, median", whole * 1e3, "ms", peer * 1e3 if peer else None, version("kenlm-ex")),
        Row("largest |Δ log10 p| over whole vocabularies", agreement, "", None, version("kenlm-ex")),
        Row("finding a context of four tokens", roll * 1e6, "µs"),
    ]


def _kenlm(tables: NgramTables, stream: TokenStream, names: Sequence[str]) -> tuple[float | None, float]:
    """Median seconds for one whole distribution by KenLM, and the largest difference from ours."""
    try:
        import kenlm
    except ImportError:
        return None, math.nan
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.arpa"
        write_arpa(path, tables, names)
        model = kenlm.Model(str(path))
    names = ["<nl>" if name == "\n" else name for name in names]
    times, worst = [], 0.0
    for context in _contexts(stream, 10):
        state = kenlm.State()
        model.NullContextWrite(state)
        for token in context:
            following = kenlm.State()
            model.BaseScore(state, names[token], following)
            state = following
        spare = kenlm.State()
        started = time.perf_counter()
        theirs = [model.BaseScore(state, name, spare) for name in names]
        times.append(time.perf_counter() - started)
        ours = tables.log_probs(tables.state_after(context)) / _LN10
        worst = max(worst, float(np.abs(ours[3:] - np.array(theirs)[3:]).max()))
    return float(np.median(times)), worst


_TRAIN = """
import re, resource, sys, time
from pathlib import Path
from genchat.engine.ngram.sources import read_source
from genchat.engine.ngram.training import train_ngram
read = [read_source(Path(name)) for name in sys.argv[2:]]
before = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
text = sum(len(source.utf8) for source in read)
started, spent = time.perf_counter(), time.process_time()
card = train_ngram(read, Path(sys.argv[1]))
taken, spent = time.perf_counter() - started, time.process_time() - spent
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024 - before + text
size = sum(path.stat().st_size for path in Path(sys.argv[1]).iterdir())
print(card.results["tokens"], text, taken, spent, peak, size)
"""


def training() -> list[Row]:
    """From all text files to a model on disk, in a process of its own."""
    files = [str(path) for path in sorted(bench_data("data").glob("*.txt"))]
    with tempfile.TemporaryDirectory() as folder:
        found = subprocess.run(
            [sys.executable, "-c", _TRAIN, str(Path(folder) / "m"), *files], capture_output=True, text=True, check=True
        )
    tokens, text, taken, spent, peak, size = map(float, found.stdout.split())
    what = f"{text / 1e6:.1f} MB, {tokens / 1e6:.1f} M tokens, order 5, words"
    mark = 15.6 * tokens / 13.87e6
    return [
        Row("training, text to files, processor time", spent, "s", mark, "mark 15.6 s for 13.87 M tokens", note=what),
        Row("training, text to files, wall clock", taken, "s"),
        Row("training, peak memory with the text", peak / tokens, "bytes a token", 90, "mark 90"),
        Row("model on disk", size / tokens, "bytes a token"),
    ]


def conversations() -> list[Row]:
    """Perplexity of replies in held-out dialogues: counts alone, and with recall."""
    model = build_ngram(dialogue_sources(corpora.dialogues()), "chat", min_count=2)
    if not isinstance(model, ChatNgramModel):
        raise TypeError("dialogues must give a chat model")
    template = TurnTemplate(model.tokenizer)
    rows = []
    for language in ("en", "pt"):
        counted, mixed, size = 0.0, 0.0, 0
        for dialogue in corpora.dialogues([language], held_out=True):
            tokens: list[int] = []
            reply: list[bool] = []
            for turn in dialogue.turns:
                role = Role.USER if turn.speaker == "person" else Role.ASSISTANT
                ids = template.turn(Message(role, turn.text))
                tokens += ids
                reply += [False, *(role is Role.ASSISTANT for _ in ids[1:])]
                size += len(turn.text.encode()) + 1 if role is Role.ASSISTANT else 0
            chosen = np.array(reply)
            counted -= float(model.tables.score(tokens)[chosen].sum(dtype=np.float64))
            mixed -= float(model.score_tokens(tokens)[chosen].sum(dtype=np.float64))
        bits = 1 / (size * math.log(2))
        rows.append(
            Row(f"held-out replies ({language}), bits a byte", mixed * bits, "", counted * bits, "counts alone")
        )
    seconds_to_train = seconds(lambda: build_ngram(dialogue_sources(corpora.dialogues()), "chat"))
    rows.append(Row("the built-in chat model, from text to ready", seconds_to_train, "s", 1.0, "mark 1 s"))
    return rows


def nltk_models() -> list[Row]:
    """NLTK's smoothers on tiny Shakespeare, on as many tokens as they manage."""
    try:
        from nltk.lm import KneserNeyInterpolated, WittenBellInterpolated
        from nltk.util import everygrams
    except ImportError:
        return []
    text = bench_data("data/tinyshakespeare.txt").read_text(encoding="utf-8")
    train, test = (_TOKEN.findall(part) for part in _split(text))
    stream, tokens, size = _closed(train, test)
    rows = []
    words = [str(token) for token in stream[1:].tolist()]
    for kind, scored in ((WittenBellInterpolated, 2000), (KneserNeyInterpolated, 100)):
        order = 3
        ours, _ = estimate(stream, size, order)
        theirs = kind(order)
        started = time.perf_counter()
        theirs.fit([list(everygrams(words, max_len=order))], vocabulary_text=words)
        fitted = time.perf_counter() - started
        some = [str(token) for token in tokens[:scored]]
        started = time.perf_counter()
        found = [theirs.logscore(word, some[max(0, i - order + 1) : i]) for i, word in enumerate(some)]
        peer_score = (time.perf_counter() - started) / scored
        own = ours.score([int(word) for word in some])
        own_score = seconds(lambda: ours.score(tokens)) / len(tokens)  # noqa: B023
        note = f"NLTK {kind.__name__}, order {order}, {scored} tokens"
        peer = version("nltk")
        fit = seconds(lambda: estimate(stream, size, order))  # noqa: B023
        rows += [
            Row("training", fit, "s", fitted, peer, note=note),
            Row("scoring a token", own_score * 1e6, "µs", peer_score * 1e6, peer, note=note),
            Row("perplexity", math.exp(-float(own.mean())), "", 2 ** -float(np.mean(found)), peer, note=note),
        ]
    return rows


def markovify_model() -> list[Row]:
    """markovify on tiny Shakespeare: time, and how often the true next word has a probability at all."""
    try:
        import markovify
    except ImportError:
        return []
    text = bench_data("data/tinyshakespeare.txt").read_text(encoding="utf-8")
    train, test = _split(text)
    started = time.perf_counter()
    chain = markovify.NewlineText(train, state_size=2)
    built = time.perf_counter() - started
    possible = total = 0
    for line in test.splitlines():
        words = ["___BEGIN__", "___BEGIN__", *line.split(), "___END__"]
        for place in range(2, len(words)):
            total += 1
            possible += words[place] in chain.chain.model.get(tuple(words[place - 2 : place]), {})
    from genchat.engine.ngram.sources import plain_source

    source = plain_source("tinyshakespeare.txt", train)
    peer = version("markovify")
    own = seconds(lambda: build_ngram([source], "ts", order=3))
    return [
        Row("training from text, order 3", own, "s", built, peer, note="with suffix array and line index"),
        Row("next words with a probability above 0", 100.0, "%", 100 * possible / total, peer, better="higher"),
    ]
