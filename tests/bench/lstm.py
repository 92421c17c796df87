"""The character LSTM: its recipe against the classic one, and one step of writing against stepping torch.nn.LSTM.

The classic recipe is that of char-rnn (Karpathy 2015): two layers of 128, sequences of 50, 50 streams, RMSprop at 2e-3
with decay .95, gradients cut at 5, ten epochs (its rate falls only after those). Tiny Shakespeare, first 90 % to learn;
loss on the other 10 %, all of it, read from beginning to end. Time is processor time of one thread, evaluation left
out, so that other work on the machine changes neither side.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genchat.engine.contract import LanguageModel
from genchat.engine.decoding import score
from genchat.engine.lstm.config import LstmConfig
from genchat.engine.lstm.network import LstmNetwork
from genchat.engine.lstm.recipe import as_language_model
from genchat.engine.tokenizers.characters import CharacterTokenizer
from genchat.engine.training.data import Source
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.run import plan
from tests.bench import Row, bench_data, version

_SEEDS = (1, 2, 3)
_SPLIT = 0.9
_CLASSIC_EPOCHS = 10
_OWN_EPOCHS = 2.0
_STEPS = 300
_REPEATS = 12


def run() -> list[Row]:
    """All measurements, quick ones first."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [*steps(), *training()]
    finally:
        torch.set_num_threads(before)


# ---- one step of writing ----


def steps() -> list[Row]:
    """Microseconds to read one character and know what comes next."""
    tokenizer = CharacterTokenizer(map(chr, range(32, 97)))
    rows = []
    for layers, width in ((2, 128), (2, 256), (1, 512), (2, 512)):
        network = LstmNetwork(LstmConfig(tokenizer.vocabulary_size, layers, width, 64, start_token=3)).eval()
        network.initialise(torch.Generator().manual_seed(1))
        ours = _one_step(as_language_model(network, tokenizer, "bench"))
        theirs = _one_torch_step(network)
        own, peer = _best([ours, theirs])
        rows.append(Row(f"one step, {layers} x {width}", own, "us", peer, f"nn.LSTM, {version('torch')}"))
    return rows


def _one_step(model: LanguageModel) -> Callable[[], object]:
    cursor = model.start([])

    def step() -> object:
        cursor.advance(300)
        return cursor.log_probs()

    return step


def _one_torch_step(network: LstmNetwork) -> Callable[[], object]:
    state: list[tuple[Tensor, Tensor] | None] = [None]
    token = torch.tensor([[300]])

    @torch.inference_mode()
    def step() -> object:
        said, state[0] = network.lstm(network.embedding(token), state[0])
        return network.head(said).log_softmax(-1)

    return step


def _best(works: list[Callable[[], object]]) -> list[float]:
    """Microseconds a call: the best of several turns each, in alternation."""
    found = [float("inf")] * len(works)
    for _ in range(_REPEATS):
        for place, work in enumerate(works):
            started = time.perf_counter()
            for _ in range(_STEPS):
                work()
            found[place] = min(found[place], (time.perf_counter() - started) / _STEPS * 1e6)
    return found


# ---- training ----


def training() -> list[Row]:
    """Processor seconds to (at least) the classic recipe's loss after ten epochs."""
    text = bench_data("data/tinyshakespeare.txt").read_text(encoding="utf-8")
    own, classic = [], []
    for seed in _SEEDS:
        own.append(own_recipe(text, seed))
        classic.append(classic_recipe(text, seed))
    losses = [loss for loss, _ in own]
    their_losses = [loss for loss, _ in classic]
    note = f"seeds: {', '.join(f'{a:.4f}/{b:.4f}' for a, b in zip(losses, their_losses, strict=True))}"
    peer = f"classic recipe, {_CLASSIC_EPOCHS} epochs"
    return [
        Row("held-out loss, 2 x 128", mean(losses), "nats", mean(their_losses), peer, note=note),
        Row("time to it", mean(s for _, s in own), "s", mean(s for _, s in classic), peer, note=version("torch")),
    ]


def own_recipe(text: str, seed: int) -> tuple[float, float]:
    """Held-out loss and processor seconds of genchat's recipe."""
    recipe = Recipe(family="lstm", tokens="char", layers=2, width=128, batch=32, window=64, seed=seed)
    recipe = recipe.with_values({"epochs": _OWN_EPOCHS, "evaluations": 1, "device": "cpu"})
    learn, held_out = _split(text)
    sources = [Source("learn", learn), Source("held out", held_out, held_out=True)]
    run = plan(sources, recipe, Path("bench"), None, "", samples=False)
    clock = [time.process_time()]

    def tick() -> bool:
        clock.append(time.process_time())  # before every step: the last tick stands before the evaluation at the end
        return False

    for _ in run.events(tick):
        pass
    model = as_language_model(run.trainer.model, run.tokenizer, "bench")
    return -float(score(model, model.tokenizer.encode(held_out))[1:].mean()), clock[-1] - clock[0]


def classic_recipe(text: str, seed: int) -> tuple[float, float]:
    """The same of the classic one."""
    torch.manual_seed(seed)
    learn, held_out = _split(text)
    symbols = {symbol: index for index, symbol in enumerate(sorted(set(text)))}
    ids = torch.tensor([symbols[symbol] for symbol in learn])
    streams, window = 50, 50
    rows = ids[: len(ids) // streams * streams].view(streams, -1)
    embedding, lstm = nn.Embedding(len(symbols), 128), nn.LSTM(128, 128, 2, batch_first=True)
    head = nn.Linear(128, len(symbols))
    network = nn.ModuleList([embedding, lstm, head])
    optimiser = torch.optim.RMSprop(network.parameters(), lr=2e-3, alpha=0.95)
    started = time.process_time()
    for _ in range(_CLASSIC_EPOCHS):
        state: tuple[Tensor, Tensor] | None = None
        for start in range(0, rows.shape[1] - window, window):
            said, (hidden, cell) = lstm(embedding(rows[:, start : start + window]), state)
            state = (hidden.detach(), cell.detach())
            targets = rows[:, start + 1 : start + window + 1]
            loss = F.cross_entropy(head(said).flatten(0, 1), targets.flatten())
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_value_(network.parameters(), 5.0)
            optimiser.step()
    seconds = time.process_time() - started
    asked = torch.tensor([symbols[symbol] for symbol in held_out])
    with torch.inference_mode():
        logits = head(lstm(embedding(asked[None, :-1]))[0])[0]
        return float(F.cross_entropy(logits, asked[1:])), seconds


def _split(text: str) -> tuple[str, str]:
    cut = int(_SPLIT * len(text))
    return text[:cut], text[cut:]
