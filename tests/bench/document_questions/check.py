"""Whether the documents still hold the answers: every answer and every sentence to highlight stands in its document.

Answers that are worked out of a table (a total, a mean, a count) cannot be looked up, so those of the kind "table" are
left to a person. A question that has no answer is told by a person too: absence cannot be proved by a search.
"""

import html
import re
from pathlib import Path

from tests.bench.document_questions.questions import Question, holds


def text_of(path: Path) -> str:
    """The words of a document, by the plainest reading of its format."""
    if path.suffix == ".pdf":
        from pypdf import PdfReader

        return "\n".join(page.extract_text() for page in PdfReader(path).pages)
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".html":
        text = re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)
        return html.unescape(re.sub(r"<[^>]+>", "", text))
    return text


def missing(questions: list[Question], files: dict[str, Path]) -> list[str]:
    """A line for every question whose document does not hold what its answer asks for."""
    texts: dict[str, str] = {}
    lines = []
    for question in questions:
        path = files.get(question.document)
        if path is None or question.answer is None or question.kind == "table":
            continue
        text = texts.setdefault(question.document, text_of(path))
        if not holds(text, question.answer):
            lines.append(f"{question.id}: {question.document} has none of {list(question.answer)}")
        if question.highlight and not holds(text, question.highlight):
            lines.append(f"{question.id}: {question.document} has none of {list(question.highlight)}")
    return lines
