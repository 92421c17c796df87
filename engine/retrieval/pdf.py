"""PDF pages as text, by pypdf, which is installed only with the extra `pdf`."""

import io
import logging
from collections.abc import Iterator

from genchat.engine.errors import DocumentsError


def page_texts(name: str, content: bytes) -> Iterator[str]:
    """The text of each page. Raises DocumentsError: no pypdf, encrypted, damaged."""
    try:
        from pypdf import PdfReader
    except ImportError:
        raise DocumentsError("document_needs_pdf", name=name) from None
    # Its warnings about untidy files go to stderr, in the middle of a screen.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentsError("document_encrypted", name=name)
        for page in reader.pages:
            yield page.extract_text()
    except DocumentsError:
        raise
    except Exception as error:  # a damaged file makes pypdf raise anything
        raise DocumentsError("document_damaged", name=name, reason=f"{type(error).__name__}: {error}") from None
