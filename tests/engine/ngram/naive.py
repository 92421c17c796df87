"""Interpolated modified Kneser-Ney written down from the definitions, with dictionaries: slow and plain."""

from collections import Counter, defaultdict
from collections.abc import Sequence

Gram = tuple[int, ...]


class NaiveKneserNey:
    """Estimates from texts of token ids, each without its START (0), which this class puts in front."""

    def __init__(self, texts: Sequence[Sequence[int]], vocabulary_size: int, order: int) -> None:
        self.order = order
        grams: list[Counter[Gram]] = [Counter() for _ in range(order + 1)]
        for text in texts:
            whole = (0, *text)
            for length in range(1, order + 1):
                for begin in range(len(whole) - length + 1):
                    grams[length][whole[begin : begin + length]] += 1
        left: list[defaultdict[Gram, set[int]]] = [defaultdict(set) for _ in range(order + 1)]
        for length in range(2, order + 1):
            for gram in grams[length]:
                left[length - 1][gram[1:]].add(gram[0])
        self.counts: list[dict[Gram, int]] = [{}]
        for length in range(1, order + 1):
            adjusted = {
                gram: count if length == order or gram[0] == 0 else len(left[length][gram])
                for gram, count in grams[length].items()
            }
            if length == 1:
                adjusted[(0,)] = 0
            self.counts.append(adjusted)
        self.discounts = [[0.0]] + [self._discounts(adjusted) for adjusted in self.counts[1:]]
        seen = sum(count > 0 for count in self.counts[1].values())
        unseen = vocabulary_size - 1 - seen
        share = 1 / (seen + (1 if unseen else 0))
        self.uniform = {
            token: 0.0 if token == 0 else share if self.counts[1].get((token,), 0) else share / unseen
            for token in range(vocabulary_size)
        }
        self.followers: list[defaultdict[Gram, dict[Gram, int]]] = [defaultdict(dict) for _ in range(order + 1)]
        for length in range(1, order + 1):
            for gram, count in self.counts[length].items():
                self.followers[length][gram[:-1]][gram] = count

    @staticmethod
    def _discounts(counts: dict[Gram, int]) -> list[float]:
        tally = Counter(counts.values())
        one, two, three, four = (tally[number] for number in (1, 2, 3, 4))
        if one and two and three:
            ratio = one / (one + 2 * two)
            discounts = [1 - 2 * ratio * two / one, 2 - 3 * ratio * three / two, 3 - 4 * ratio * four / three]
            if all(0 <= value <= number for number, value in enumerate(discounts, start=1)):
                return [0.0, *discounts]
        return [0.0, 0.5, 1.0, 1.5]

    def probability(self, token: int, context: Gram) -> float:
        """p(token | context), the context cut to order - 1 tokens."""
        context = context[len(context) - min(len(context), self.order - 1) :]
        length = len(context) + 1
        lower = self.probability(token, context[1:]) if context else self.uniform[token]
        followers = self.followers[length].get(context, {})
        total = sum(followers.values())
        if not total:
            return lower
        discounts = self.discounts[length]
        taken = sum(discounts[min(count, 3)] for count in followers.values())
        count = followers.get((*context, token), 0)
        return (count - discounts[min(count, 3)] + taken * lower) / total
