"""`genchat "prompt"`: print one answer. Without a prompt, on a terminal, it opens the screen."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.commands import COMMANDS
from genchat.tui.cli.options import (
    AsJson,
    AsJsonLines,
    MaxTokens,
    Model,
    Precision,
    Seed,
    TopInJson,
    complete_conversations,
)
from genchat.tui.cli.parser import single
from genchat.tui.cli.sampling_options import SamplingCommand

if TYPE_CHECKING:
    from genchat.tui.cli.conversation_log import Thread

app = single()


@app.command("prompt", cls=SamplingCommand, help="cli.prompt.help")
def prompt(
    ctx: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="PROMPT", help="cli.prompt.words")] = None,
    model: Model = None,
    precision: Precision = None,
    seed: Seed = None,
    max_tokens: MaxTokens = None,
    latest: Annotated[bool, typer.Option("--continue", "-c", help="cli.prompt.continue")] = False,
    conversation: Annotated[
        str | None,
        typer.Option("--cid", metavar="ID", help="cli.prompt.cid", autocompletion=complete_conversations),
    ] = None,
    system: Annotated[str | None, typer.Option("--system", metavar="TEXT", help="cli.prompt.system")] = None,
    no_log: Annotated[bool, typer.Option("--no-log", help="cli.prompt.no_log")] = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonLines = False,
    top: TopInJson = 10,
) -> None:
    """Answer one prompt, or open the screen if there is none."""
    context = command_context(ctx)
    context.take_flags({"model": model, "precision": precision, "sampling.seed": seed, "reply.max_tokens": max_tokens})
    context.take_flags({"history.keep": False if no_log else None})
    text = _text(context, words or [])
    if text is None:
        context.conversation, context.continue_latest, context.system = conversation, latest, system
        raise typer.Exit(_open_screen(context))
    from genchat.tui.cli.conversation_log import thread_for
    from genchat.tui.cli.streaming import form_of, seeded, write_reply

    form = form_of(as_json, as_jsonl)
    settings = seeded(context.settings.reply_settings())
    kept = context.settings.history.keep
    with thread_for(context, latest=latest, name=conversation, keep=kept) as thread:
        backend = context.open_model(_model_for(context, thread, model))
        if system is not None:
            thread.tell(system.strip())
        if thread.system and not backend.capabilities.reads_system:
            context.output.note(say("cli.prompt.system_unread", model=backend.info.name), "warn")
        messages = thread.messages(text)
        with thread.keep(text, backend, settings) as record_event:
            outcome = write_reply(
                backend,
                lambda stop: backend.reply(messages, settings, stop),
                context.output,
                form=form,
                prompt=text,
                settings=settings,
                top=top,
                on_event=record_event,
                more={"conversation": thread.id},
            )
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)


def _model_for(context: CommandContext, thread: "Thread", model: str | None) -> str:
    """Return the model named, or, in a continued conversation, the model of its last reply if it is still here."""
    before = None if model is not None else thread.model_before()
    return before if before is not None and before in context.registry.names() else context.settings.model


def _text(context: CommandContext, words: list[str]) -> str | None:
    """Return the prompt from the words or from a pipe; None means that the screen should open."""
    from genchat.tui.cli.inputs import given_text, stdin_holds_something

    if words:
        _warn_about_commands(context, words)
        return given_text(words)
    if sys.stdin is not None and sys.stdin.isatty():
        if sys.stdout.isatty():
            return None
        raise UsageError("no_prompt")
    if not stdin_holds_something():
        raise UsageError("no_prompt")
    return given_text(["-"])


def _warn_about_commands(context: CommandContext, words: list[str]) -> None:
    """Reject a command that stands after options, which would silently be a prompt, and warn about a mistyped one."""
    from difflib import get_close_matches

    explicit = "--" in context.arguments or context.arguments[:1] == ("prompt",)
    if explicit:
        return
    if words[0] in COMMANDS:
        raise UsageError("command_after_options", command=words[0])
    near = get_close_matches(words[0], [*COMMANDS], 1, 0.75)
    if near and len(words) <= 3:
        context.output.note(say("cli.prompt.near_command", word=words[0], command=near[0]), "warn")


def _open_screen(context: CommandContext) -> int:
    from genchat.tui.app import run_app

    return int(run_app(context) or 0)
