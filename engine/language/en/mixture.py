"""Mixing two models, in English."""

TEXTS = {
    "mixture.help": "Mix two models that share one vocabulary into a new one: each token's probability is a weighted mean of theirs. The weights are fitted on held-out text that neither learned from; where one of them counts, they depend on how much of the past it has seen before.",
    "mixture.first": "a model, such as one that counts",
    "mixture.second": "another one, such as a neural one, trained on the same text with the same --tokens",
    "mixture.held_out": "text to fit the weights on, which neither model learned from; may be repeated",
    "mixture.constant": "one weight for all places",
    "mixture.done": "{name}: {loss:.4f} nats a token on the text it was fitted on; {first} alone {first_loss:.4f}, {second} alone {second_loss:.4f}",
}
