"""Going on from within a reply, in English."""

TEXTS = {
    "fork.kept": "This token was kept from the reply that was forked; its probabilities are shown there.",
    "fork.read_again": "the past was no longer at hand, so {tokens:# token was|# tokens were} read again",
}
