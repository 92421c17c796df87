"""Mixing two models, in English."""

TEXTS = {
    "mixture.help": "Mix two models that share one vocabulary into a new one: each token's probability is a weighted mean of theirs. The weights are fitted on validation text that neither learned from; if one of them is an n-gram model, they depend on how much of the context it has seen.",
    "mixture.first": "a model, such as an n-gram model",
    "mixture.second": "another one, such as a neural model, trained on the same text with the same --tokens",
    "mixture.held_out": "validation text to fit the weights on, which neither model learned from; may be repeated",
    "mixture.constant": "use one weight for all positions",
    "mixture.done": "{name}: {loss} nats per token on the validation text; {first} alone {first_loss}, {second} alone {second_loss}",
}
