"""What a page knows of a conversation: every branch, every token, its candidates before and after sampling.

The values are plain and small, for a page of 200 replies holds a million candidates. The tokens of a reply stand apart
from its message, so that a page reads them when they are wanted. Texts stand once, in `strings`, and are named by their
place there. Log-probabilities are whole thousandths of a nat, always 0 or less; null
is what is not known, and `IMPOSSIBLE` what could not come. Columns go token by token.
"""

import math
from collections.abc import Sequence
from typing import Any

from genchat.engine.distribution import Distribution, NoDistribution, TopKDistribution
from genchat.engine.history.protocol import History
from genchat.engine.history.records import Conversation, Run, StoredMessage, StoredStep
from genchat.engine.language import say, words_of
from genchat.engine.language.numbers import decimal, setting
from genchat.engine.sampling.draws import Stage
from genchat.engine.sampling.table import stage_label, stage_settings
from genchat.engine.sharing.visible_text import visible
from genchat.engine.text import safe_line
from genchat.engine.token_labels import Labels

IMPOSSIBLE = 1  # in the place of a log-probability, which is never above 0
_UNIT = 1000  # thousandths of a nat or a bit
_LONGEST_LABEL = 80
_LONGEST_PASSAGE = 1200


class _Strings:
    """Texts by their place in one list, each in it once."""

    def __init__(self) -> None:
        self.listed: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """The place of `text`, which is made visible."""
        known = self._places.get(text)
        if known is None:
            known = self._places[text] = len(self.listed)
            self.listed.append(visible(text))
        return known


def page_data(
    history: History, conversation: Conversation, traces: bool
) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """The conversation as plain values, and (with `traces`) the tokens of the replies by the place of their message.

    Raises HistoryError for a trace that cannot be read.
    """
    strings = _Strings()
    tokens: dict[int, dict[str, Any]] = {}
    messages = history.tree(conversation.id)
    places = {message.id: place for place, message in enumerate(messages)}
    shown = history.shown(conversation.id)
    written = []
    for place, message in enumerate(messages):
        written.append(_message(history, message, places))
        trace = history.trace(message.id) if traces else None
        if trace is not None and len(trace):
            tokens[place] = _tokens(tuple(trace), Labels(trace.vocabulary), strings)
            written[place]["count"] = len(trace)
    shown_places = [places[message.id] for message in shown]
    return {"messages": written, "shown": shown_places, "strings": strings.listed}, tokens


def _message(history: History, message: StoredMessage, places: dict[int, int]) -> dict[str, Any]:
    run = history.run(message.id)
    written: dict[str, Any] = {
        "parent": None if message.parent is None else places.get(message.parent),
        "role": str(message.role),
        "speaker": safe_line(run.model) if run is not None else say(f"history.speaker_{message.role}"),
        "when": message.created.isoformat(timespec="seconds"),
        "text": visible(message.text),
    }
    if message.status not in ("done", "streaming"):
        written["status"] = say(f"history.status_{message.status}")
    if run is not None:
        written["about"] = _about(run)
        if run.error:
            written["error"] = visible(run.error)
    passages = history.passages(message.id)
    if passages is not None and passages.items:
        written["sources"] = say("sharing.passages", count=len(passages.items))
        written["passages"] = [
            {
                "name": f"[{passage.number}] {safe_line(passage.source)} {safe_line(passage.locator)}".rstrip(),
                "text": visible(passage.text[:_LONGEST_PASSAGE]),
            }
            for passage in passages.items
        ]
    return written


def _about(run: Run) -> list[str]:
    """How the reply was made: each setting that is not at its default, the seed, how many tokens in which time."""
    used = run.reply_settings().sampling
    lines = [
        f"{say(f'sampling.name.{each.name}')} {setting(value)}"
        for each in stage_settings()
        if (value := getattr(used, each.name)) != each.default
    ]
    if run.seed is not None:
        lines.append(say("sharing.seed", seed=run.seed))
    if run.completion_tokens:
        lines.append(say("sharing.tokens", tokens=run.completion_tokens))
    if run.seconds is not None and math.isfinite(run.seconds):
        lines.append(say("sharing.seconds", seconds=decimal(run.seconds, 1)))
    return [visible(line) for line in lines]


def _tokens(steps: Sequence[StoredStep], labels: Labels, strings: _Strings) -> dict[str, Any]:
    """The columns of a reply. `draws` and `reasons` hold only the tokens that have one."""
    stages: dict[str, int] = {}
    columns: dict[str, Any] = {
        "text": [strings.place(step.text) for step in steps],
        "label": [strings.place(labels.of(step)[:_LONGEST_LABEL]) for step in steps],
        "log": [_log(step.log_prob) for step in steps],
        "rank": [step.rank for step in steps],
        "entropy": [_bits(step.raw.entropy) for step in steps],
        "drawn_entropy": [_bits(step.drawn_from.entropy) for step in steps],
        "kept": [step.kept for step in steps],
        "candidates": [_candidates(step, labels, strings, stages) for step in steps],
        "draws": {str(index): drawn for index, step in enumerate(steps) if (drawn := _draw(step, strings)) is not None},
        "reasons": {
            str(index): strings.place(words_of(step.raw.reason))
            for index, step in enumerate(steps)
            if isinstance(step.raw, NoDistribution)
        },
    }
    columns["stages"] = [strings.place(stage_label(name)) for name in stages]
    return columns


def _candidates(step: StoredStep, labels: Labels, strings: _Strings, stages: dict[str, int]) -> list[int | None]:
    """Four numbers a candidate, likeliest first: label, before sampling, after it, and the stage that cut it from 1.

    The candidate that is the token of the reply has a label below 0, which is -1 - label.
    """
    if not isinstance(step.raw, TopKDistribution):
        return []
    flat: list[int | None] = []
    after = _by_token(step.drawn_from)
    for token, log_prob in zip(step.raw.tokens.tolist(), step.raw.token_log_probs.tolist(), strict=True):
        label = strings.place(labels(token)[:_LONGEST_LABEL])
        cutter = step.cut_by(token)
        stage = 0 if cutter is None else stages.setdefault(cutter, len(stages)) + 1
        chosen = token == step.token
        flat += [-1 - label if chosen else label, _log(log_prob), _log(after.get(token)), stage]
    return flat


def _by_token(distribution: Distribution) -> dict[int, float]:
    """The log-probabilities of a stored distribution; none where there is none."""
    if not isinstance(distribution, TopKDistribution):
        return {}
    return dict(zip(distribution.tokens.tolist(), distribution.token_log_probs.tolist(), strict=True))


def _draw(step: StoredStep, strings: _Strings) -> dict[str, Any] | None:
    """The random number, where it had to fall, and what each stage left; None where the history did not keep it."""
    if not step.stages and step.uniform is None:
        return None
    return {
        "uniform": step.uniform,
        "span": None if step.span is None else list(step.span),
        "stages": [[strings.place(_stage(stage)), stage.kept, round(stage.kept_mass, 4)] for stage in step.stages],
    }


def _stage(stage: Stage) -> str:
    return stage_label(stage.name) + ("" if stage.setting is None else f" {setting(stage.setting)}")


def _log(value: float | None) -> int | None:
    if value is None or math.isnan(value):
        return None
    return IMPOSSIBLE if math.isinf(value) else min(round(value * _UNIT), 0)


def _bits(value: float | None) -> int | None:
    return None if value is None or not math.isfinite(value) else round(value * _UNIT)
