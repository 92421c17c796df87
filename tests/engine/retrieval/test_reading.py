"""Every kind of file, and every way in which a file can be unusable."""

import io
import json
import os
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.errors import DocumentsError
from genchat.engine.retrieval.chunking import LIMIT
from genchat.engine.retrieval.reading import LARGEST, Reading, read_bytes, read_document
from genchat.engine.retrieval.tabular import json_records, searched_json, shown_json, shown_row
from genchat.engine.retrieval.web_pages import page_text


def texts(reading: Reading) -> list[str]:
    return [reading.text[chunk.start : chunk.end] for chunk in reading.chunks]


def refused(name: str, content: bytes) -> DocumentsError:
    with pytest.raises(DocumentsError) as raised:
        read_document(name, content)
    assert str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.txt", b"", "document_empty"),
        ("a.md", b" \n\t\n", "document_empty"),
        ("a.txt", b"MZ\x00\x01\x02", "document_binary"),
        ("a.md", bytes(range(1, 9)) * 100, "document_binary"),
        ("a.xyz", b"text", "document_kind"),
        ("a.json", b"{", "document_not_json"),
        ("a.json", b"[" * 100_000, "document_not_json"),
        ("a.pdf", b"%PDF-1.7 nonsense", "document_damaged"),
        ("a.html", b"<script>alert(1)</script>", "document_without_text"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(name: str, content: bytes, key: str) -> None:
    error = refused(name, content)
    assert error.key == key
    assert error.values["name"] == name


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("ação".encode(), "utf-8"),
        ("ação".encode("utf-8-sig"), "utf-8-sig"),
        ("ação".encode("utf-16"), "utf-16"),
        ("ação".encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_are_told_apart(content: bytes, encoding: str) -> None:
    reading = read_document("a.txt", content)
    assert (reading.text, reading.encoding) == ("ação", encoding)


def test_what_is_missing_no_file_too_large_or_locked_is_told(tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    os.mkfifo(tmp_path / "pipe.txt")
    for path, key in (
        (tmp_path / "none.txt", "document_missing"),
        (tmp_path, "document_no_file"),
        (tmp_path / "pipe.txt", "document_no_file"),
        (large, "document_too_large"),
    ):
        with pytest.raises(DocumentsError) as raised:
            read_bytes(path)
        assert raised.value.key == key


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_locked_file_is_told(tmp_path: Path) -> None:
    locked = tmp_path / "locked.txt"
    locked.write_text("x")
    locked.chmod(0)
    with pytest.raises(DocumentsError) as raised:
        read_bytes(locked)
    assert raised.value.key == "document_unreadable"


def test_a_table_gives_one_chunk_a_row_each_exactly_as_in_the_file() -> None:
    text = 'nome;nota\r\nAna;9,5\r\n"Silva; ""Zé""\nda Costa";7\r\n'
    reading = read_document("notas.csv", text.encode())
    assert reading.columns == ("nome", "nota")
    assert texts(reading) == ["Ana;9,5", '"Silva; ""Zé""\nda Costa";7']
    assert [chunk.heading for chunk in reading.chunks] == [("Ana",), ('Silva; "Zé"\nda Costa',)]
    assert shown_row("Ana;9,5", reading.columns, ";") == "nome: Ana · nota: 9,5"


def test_a_table_without_a_header_row_has_no_column_names() -> None:
    reading = read_document("n.csv", b"1,2,3\n4,5,6\n")
    assert reading.columns == ()
    assert texts(reading) == ["1,2,3", "4,5,6"]


def test_json_gives_one_chunk_an_object_with_its_path() -> None:
    held = {"receitas": [{"nome": "Bolo", "passos": ["bata", "asse"]}, {"nome": "Pão"}], "autor": "Ana"}
    reading = read_document("r.json", json.dumps(held, indent=2, ensure_ascii=False).encode())
    assert [chunk.heading for chunk in reading.chunks] == [("receitas",), ("receitas",), ()]
    first = texts(reading)[0]
    assert json.loads(first) == held["receitas"][0]
    assert shown_json(first) == "nome: Bolo\npassos: bata, asse"
    assert searched_json(first) == "Bolo\nbata, asse"


def test_json_lines_are_read_too() -> None:
    reading = read_document("r.jsonl", b'{"a": 1}\n{"a": 2}\n')
    assert texts(reading) == ['{"a": 1}', '{"a": 2}']
    assert reading.chunks[1].line == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=60,
)


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


@given(JSON)
@settings(deadline=None, max_examples=100)
def test_every_value_of_a_json_document_is_in_some_chunk_and_the_chunks_are_in_order(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    chunks = json_records("x.json", text)
    assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)
    assert all(one.end <= other.start for one, other in pairwise(chunks))
    pieces = [text[chunk.start : chunk.end] for chunk in chunks]
    for leaf in leaves(value):
        assert any(json.dumps(leaf, ensure_ascii=False) in piece for piece in pieces)


def test_a_long_json_text_is_cut_like_any_text() -> None:
    reading = read_document("a.json", json.dumps(["palavra " * 1000]).encode())
    assert max(map(len, texts(reading))) <= LIMIT


def test_a_page_becomes_text_with_headings_and_lists_and_without_scripts() -> None:
    page = (
        "<html><head><title>Sobre &amp; mais</title><style>p{}</style></head><body><h1>Olá</h1><p>um <b>dois</b>"
        "<script>alert('x')</script><br>três<ul><li>a<li>b</ul><h2>Fim</h2><table><tr><td>1<td>2</table>"
    )
    assert page_text(page) == "# Sobre & mais\n\n# Olá\n\num dois\ntrês\n\n- a\n- b\n\n## Fim\n\n| 1 | 2\n"


def test_a_page_says_its_own_encoding() -> None:
    page = '<meta charset="iso-8859-1"><p>ação'.encode("latin-1")
    assert "ação" in read_document("a.html", page).text


@given(st.text(alphabet="<>/abhp1 \n&;\"'=-!", max_size=300))
@settings(deadline=None)
def test_any_page_is_read_without_a_fault(page: str) -> None:
    assert "<script" not in page_text("<p>" + page + "</p><script>x</script>").removeprefix(page)


def pdf_of(*pages: str, locked_with: str = "") -> bytes:
    pypdf = pytest.importorskip("pypdf")
    generic = pypdf.generic
    writer = pypdf.PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        font = generic.DictionaryObject(
            {
                generic.NameObject("/Type"): generic.NameObject("/Font"),
                generic.NameObject("/Subtype"): generic.NameObject("/Type1"),
                generic.NameObject("/BaseFont"): generic.NameObject("/Helvetica"),
            }
        )
        fonts = generic.DictionaryObject({generic.NameObject("/F1"): writer._add_object(font)})
        page[generic.NameObject("/Resources")] = generic.DictionaryObject({generic.NameObject("/Font"): fonts})
        stream = generic.DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode("latin-1"))
        page[generic.NameObject("/Contents")] = writer._add_object(stream)
    if locked_with:
        writer.encrypt(locked_with, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_is_read_page_by_page() -> None:
    reading = read_document("a.pdf", pdf_of("Primeira pagina.", "Segunda pagina."))
    assert texts(reading) == ["Primeira pagina.", "Segunda pagina."]
    assert [chunk.heading for chunk in reading.chunks] == [("p. 1",), ("p. 2",)]


def test_a_locked_pdf_and_one_without_text_are_told() -> None:
    assert refused("a.pdf", pdf_of("x", locked_with="segredo")).key == "document_encrypted"
    assert refused("a.pdf", pdf_of("")).key == "document_without_text"


def test_without_pypdf_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    assert "genchat[pdf]" in str(refused("a.pdf", b"%PDF-1.7"))


def test_one_bad_byte_leaves_the_others_as_they_are() -> None:
    reading = read_document("x.md", "O ipê amarelo floresce em julho.".encode() + b"\xff")
    assert reading.text == "O ipê amarelo floresce em julho.\ufffd"
    assert reading.encoding == "utf-8"
    older = read_document("x.md", "O ipê não é só amarelo.".encode("cp1252"))
    assert (older.text, older.encoding) == ("O ipê não é só amarelo.", "cp1252")


def test_carriage_returns_alone_end_lines() -> None:
    reading = read_document("x.txt", b"O museu abre.\r\rA biblioteca fecha cedo.\rFim.\r\nOutra linha.")
    assert reading.text == "O museu abre.\n\nA biblioteca fecha cedo.\nFim.\r\nOutra linha."
    assert len(read_document("x.csv", b"a,b\r1,2\r3,4\r").chunks) == 2


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>SEGREDO<br>mais</p>",
        '<div style="display:none">SEGREDO <p>mais</div>',
        '<span style="font-size: 0">SEGREDO</span>',
        '<div style="visibility:hidden"><div>SEGREDO</div></div>',
    ],
)
def test_what_a_page_hides_is_left_out(hidden: str) -> None:
    text = page_text(f"<body><p>antes</p>{hidden}<p>depois</p></body>")
    assert "SEGREDO" not in text
    assert "antes" in text
    assert "depois" in text


def test_code_of_a_page_keeps_its_lines_and_a_term_stands_over_its_definition() -> None:
    text = page_text("<body><dl><dt>Como saio?<dd>Aperte Esc.</dl><pre>if x:\n    y  = 1</pre></body>")
    assert "###### Como saio?\n\nAperte Esc." in text
    assert "```\nif x:\n    y  = 1\n```" in text


def test_a_table_wider_than_can_be_named_is_read_without_names() -> None:
    reading = read_document(
        "x.csv", ",".join(f"c{place}" for place in range(300)).encode() + b"\n" + b"1," * 299 + b"1\n"
    )
    assert reading.columns == ()
    assert read_document("x.csv", b"a,,b\n1,2,3\n").columns == ("a", "", "b")
