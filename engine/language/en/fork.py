"""Going on from within a reply, in English."""

TEXTS = {
    "fork.kept": "This token was kept from the reply that was forked; its probabilities are shown there.",
    "fork.read_again": "the past was no longer at hand, so {tokens:# token was|# tokens were} read again",
    "fork.opening": "{name} wrote this reply and is being opened …",
    "fork.gone": "{name} cannot be opened, so the reply cannot be forked: {reason}. F2 chooses another model, F5 asks it.",
    "fork.ended": "This reply came to its own end. Take another token (Enter) or type one (e) to continue elsewhere.",
    "fork.nothing_to_undo": "This version was not forked from another one.",
    "fork.type.title": "A token or a text at this place",
    "fork.type.hint": "What you type stands here in place of “{label}”, and the model continues after it. A leading space counts.",
    "fork.type.priced": "{count:# token|# tokens}: {labels}   p {probability}   {bits} bits",
    "fork.type.keys": "Enter take it · Esc cancel",
    "fork.type.tokens": "{count:# token|# tokens}: {labels}",
    "fork.type.one_in": "1 in {count:#}",
    "fork.question.asked": "{name} is reading the message …",
    "fork.question.edit": "Enter sends this as another version of the message.",
    "fork.not_drawn": "nothing was sampled here: a person wrote this text",
    "fork.next": "next",
}
