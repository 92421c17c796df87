"""Questions about real documents that nobody of this project wrote; README.md tells who may look at which half."""

from tests.bench import DataMissing, Row


def run() -> list[Row]:
    """The figures of both halves, without the questions, and FaQuAD with paragraphs left out. Raises DataMissing."""
    from tests.bench.document_questions import left_out
    from tests.bench.document_questions.measure import available, outcomes, rows
    from tests.bench.document_questions.questions import read_questions

    files, left_out_lines = available()
    if left_out_lines:
        raise DataMissing("; ".join(left_out_lines))
    figures = [row for split in ("tune", "held") for row in rows(split, outcomes(read_questions(split), files))]
    return figures + left_out.run()
