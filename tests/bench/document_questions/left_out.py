"""FaQuAD with paragraphs left out: unanswerable questions of the very genre of the answerable ones.

Data: bench/faquad_dev.json (FaQuAD, CC BY 4.0, Sayama et al. 2019: 150 paragraphs, 603 questions). The paragraphs are
dealt into ten parts by a seed. Part by part, the other nine are indexed and the questions about the part that is left
out are asked: whatever is answered then rests on a paragraph that does not answer. The same index is asked the
questions of the next part too, so that what is kept is measured beside it, each question once. Paragraphs of one
article lie close together, so a few of the questions left out may be answered by a neighbour all the same.
"""

import json
import random

from tests.bench import Row, bench_data
from tests.bench.document_questions.measure import ask, library_of

PARTS = 10
SEED = 11


def run() -> list[Row]:
    """What is answered of the questions left out, and of the others. Raises DataMissing."""
    data = json.loads(bench_data("bench/faquad_dev.json").read_text(encoding="utf-8"))
    order = list(range(len(data["docs"])))
    random.Random(SEED).shuffle(order)
    part_of = {paragraph: place % PARTS for place, paragraph in enumerate(order)}
    questions = [(query["q"], part_of[query["gold"][0]]) for query in data["queries"]]
    wrongly = kept = 0
    for part in range(PARTS):
        with library_of([text for place, text in enumerate(data["docs"]) if part_of[place] != part]) as backend:
            wrongly += sum(not ask(backend, asked).abstained for asked, about in questions if about == part)
            following = (part + 1) % PARTS
            kept += sum(not ask(backend, asked).abstained for asked, about in questions if about == following)
    share = 100 / len(questions)
    return [
        Row("FaQuAD: questions whose paragraph is left out, answered", wrongly * share, "%"),
        Row("FaQuAD: questions whose paragraph is there, answered", kept * share, "%", better="higher"),
    ]
