"""`python -m tests.bench.document_questions [--split tune|held|all]`: ask the questions and count.

`--check` looks the answers up in the documents instead; `--answers` prints the replies to the questions that failed,
of the half for tuning only. `--faquad` adds FaQuAD: with paragraphs left out, and how often the right one comes first.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench import DataMissing, Row, table
from tests.bench.document_questions.check import missing
from tests.bench.document_questions.measure import Outcome, available, outcomes, share
from tests.bench.document_questions.questions import read_questions


def main(arguments: Sequence[str]) -> int:
    """Returns 1 where an answer is not in its document, or data is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.document_questions", description=__doc__)
    parser.add_argument("--split", choices=("tune", "held", "all"), default="tune")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--answers", action="store_true")
    parser.add_argument("--faquad", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.answers and chosen.split != "tune":
        parser.error("--answers is for --split tune: nobody reads the replies to the half that is held")
    files, left_out = available()
    for line in left_out:
        print(f"left out: {line}")
    if not files:
        return 1
    questions = read_questions(chosen.split)
    if chosen.check:
        lines = missing(questions, files)
        print("\n".join(lines) or "every answer stands in its document")
        return 1 if lines else 0
    found = outcomes(questions, files)
    print(f"{chosen.split}: {len(found)} of {len(questions)} questions, {len(files)} documents\n")
    print(_summary(found))
    if chosen.answers:
        print("\n\n".join(_told(each) for each in found if each.failed))
    if not chosen.faquad:
        return 0
    try:
        print("\n" + table(_faquad()))
    except DataMissing as problem:
        print(f"left out: {problem}")
        return 1
    return 0


def _summary(found: Sequence[Outcome]) -> str:
    answerable = [each for each in found if each.question.answer is not None]
    unanswerable = [each for each in found if each.question.answer is None]
    marked = [each for each in answerable if each.question.highlight]
    lines = [
        _share("answer contained", [each.contained for each in answerable]),
        _share("highlight right", [each.highlighted for each in marked]),
        _share("abstained though answerable", [each.reply.abstained for each in answerable]),
        _share("abstained on unanswerable", [each.reply.abstained for each in unanswerable]),
    ]
    words = [len(each.reply.text.split()) for each in answerable if not each.reply.abstained]
    if words:
        lines.append(f"{'words of an answer, median':34}{statistics.median(words):7.0f}")
    for language in ("en", "pt"):
        lines.append(
            _share(f"{language}: contained", [e.contained for e in answerable if e.question.language == language])
        )
        lines.append(
            _share(
                f"{language}: abstained rightly",
                [not e.failed for e in unanswerable if e.question.language == language],
            )
        )
    for kind in sorted({each.question.kind for each in answerable}):
        of_kind = [each for each in answerable if each.question.kind == kind]
        lines.append(_share(f"{kind}: contained", [each.contained for each in of_kind]))
    lines.append(f"\nnot contained: {_ids(each for each in answerable if each.failed)}")
    lines.append(f"highlight wrong: {_ids(each for each in marked if not each.highlighted)}")
    lines.append(f"answered though unanswerable: {_ids(each for each in unanswerable if each.failed)}")
    return "\n".join(lines)


def _share(what: str, right: Sequence[bool]) -> str:
    return f"{what:34}{share(right):7.1f} %  {sum(right):3} of {len(right)}"


def _ids(found: Iterable[Outcome]) -> str:
    return " ".join(each.question.id for each in found) or "none"


def _told(found: Outcome) -> str:
    wanted = "no answer" if found.question.answer is None else " | ".join(found.question.answer)
    return f"{found.question.id} {found.question.question}\n  wanted: {wanted}\n  {found.reply.text}"


def _faquad() -> list[Row]:
    from tests.bench import retrieval
    from tests.bench.document_questions import left_out

    with tempfile.TemporaryDirectory() as folder:
        ranked = [row for row in retrieval.quality(Path(folder)) if row.what.endswith("R@1")]
    return left_out.run() + ranked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
