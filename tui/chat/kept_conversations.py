"""Reads stored conversations for the screen: the tree of turns, and what is known of every reply."""

from functools import partial
from typing import TYPE_CHECKING

from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError
from genchat.engine.history.protocol import History
from genchat.engine.history.records import Conversation, PackedTrace, StoredMessage
from genchat.engine.text import safe
from genchat.tui.chat.dialogue import Dialogue, Status, Turn
from genchat.tui.chat.reply_stream import take_notice
from genchat.tui.chat.stored_records import StoredRecords

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord


def load_dialogue(history: History, name: str) -> tuple[Dialogue, Conversation]:
    """Return a conversation with all its branches, the shown one with its tokens.

    Call this in a worker thread: it may take a while.
    """
    conversation = history.conversation(name)
    dialogue = Dialogue(conversation.title, conversation.id, conversation.system)
    turns: dict[int, Turn] = {}
    for message in history.tree(conversation.id):
        turn = _turn_of(message, conversation)
        parent = None if message.parent is None else turns.get(message.parent)
        turns[message.id] = dialogue.add(turn, parent)
    for message in history.shown(conversation.id):
        turn = turns[message.id]
        if turn.parent is not None:
            turn.parent.shown_child = turn.parent.children.index(turn)
        recall(history, turn)
    newest = dialogue.last_reply
    if newest is not None and isinstance(newest.records, StoredRecords):
        _ = newest.records.all  # it is on the screen first, and its vocabulary serves the others
    return dialogue, conversation


def _turn_of(message: StoredMessage, conversation: Conversation) -> Turn:
    return Turn(
        message.role,
        message.text,
        status=Status(message.status),
        stored=message.id,
        data=message.data,
        free_text=conversation.kind == "text",
        recalled=message.role is not Role.ASSISTANT,
    )


def recall(history: History, turn: Turn) -> None:
    """Fill in what is known of a stored reply: its model, settings, tokens and sources. A second call does nothing."""
    if turn.recalled or turn.stored is None:
        return
    turn.recalled = True
    run = history.run(turn.stored)
    if run is not None:
        turn.speaker, turn.backend, turn.family = run.model, run.model, run.family
        turn.settings, turn.checksum = run.reply_settings(), run.checksum
        turn.error, turn.system = safe(run.error), run.system
        for notice in run.notices:
            take_notice(turn, notice)
        if turn.status is Status.DONE and run.finish_reason is not None:
            turn.status = Status.of(run.finish_reason)
    packed = history.packed_trace(turn.stored)
    if packed is not None:
        turn.records = StoredRecords(packed.tokens, partial(_records, history, turn, packed))
    turn.passages = history.passages(turn.stored)


def _records(history: History, turn: Turn, packed: PackedTrace) -> "list[TokenRecord]":
    """Return the records of a trace; none, and a note beside the reply, where it cannot be read."""
    from genchat.tui.chat.token_records import Recorder

    try:
        trace = history.unpacked(turn.stored or 0, packed, turn.text)
    except GenchatError as problem:
        turn.notes.append(safe(str(problem)))
        return []
    recorder = Recorder(trace.vocabulary)
    return [recorder.record(step) for step in trace]
