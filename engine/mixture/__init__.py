"""Two models as one: each token's probability is a weighted mean of theirs, exactly normalised."""
