"""What is said of plug-ins, in English."""

TEXTS = {
    "plugins.wrong_value": "{where} is {found}; it must be {wanted}",
    "plugins.lone_surrogate": "{where} holds half a character ({found}, a lone surrogate); decode bytes with errors='replace'",
    "plugins.no_event": "it yielded {found}, which is not an event; events are Step, Passages, Notice and Finish",
    "plugins.no_probabilities": "the probabilities of {where} sum to {total}, not to 1; log-probabilities are natural logarithms",
    "plugins.no_finish": '(plug-in "{name}" ended its reply without a Finish)',
    "plugins.name_invalid": 'plug-in "{name}" of {package}: no model can be called that; its entry point needs letters, digits, dot, dash and underscore, at most 64',
    "plugins.name_shadowed": 'plug-in "{name}" of {package}: another model has that name and goes first; rename the entry point, or remove that model',
    "plugins.name_twice": 'plug-in "{name}" of {package}: {first} brings one of that name and goes first; uninstall one of the two',
    "plugins.loading": "the plug-in is still loading",
}
