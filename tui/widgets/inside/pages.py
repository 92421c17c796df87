"""Which pages show which kind of data. A new kind of data means new pages and a case here."""

from genchat.engine.contract import Passages
from genchat.engine.inside import InsideData, InsideGpt, InsideLstm, InsideMixture, InsideNgram
from genchat.engine.token_labels import Labels
from genchat.tui.widgets.inside import Page, Subject

NO_INFLUENCE = (
    "inside.no_gradient_whole",
    "inside.no_gradient_unchosen",
    "inside.no_gradient_long",
)


def pages_of(data: InsideData | None, subject: Subject, passages: Passages | None = None) -> list[Page]:
    """Return the pages of what a model computed, and of the passages that it was given."""
    pages = [] if data is None else _pages(data, subject)
    if passages is not None and passages.items:
        from genchat.tui.widgets.inside.passages import PassagesPage

        pages.append(PassagesPage(subject, passages))
    return pages


def missing_of(data: InsideData | None) -> tuple[str, ...]:
    """Return the keys of the texts that say what a model cannot tell, each once, but for those a page says itself."""
    if data is None:
        return ("inside.nothing",)
    if not isinstance(data, InsideMixture):
        return tuple(key for key in data.missing if key not in NO_INFLUENCE)
    found = [key for part in data.parts for key in missing_of(part.data)]
    return tuple(dict.fromkeys(found))


def _pages(data: InsideData, subject: Subject) -> list[Page]:
    match data:
        case InsideGpt():
            return _of_gpt(data, subject)
        case InsideLstm():
            from genchat.tui.widgets.inside.lstm import CellPage, ForgetPage, InputPage, OutputPage

            return [kind(subject, data) for kind in (CellPage, ForgetPage, InputPage, OutputPage)]
        case InsideNgram():
            from genchat.tui.widgets.inside.ngram import LadderPage, RunPage

            pages: list[Page] = [LadderPage(subject, data)]
            return pages if data.run is None else [*pages, RunPage(subject, data, data.run)]
        case InsideMixture():
            return [
                page
                for part in data.parts
                if part.data is not None
                for page in _pages(part.data, Subject(Labels(part.tokenizer), subject.family, part.name))
            ]


def _of_gpt(data: InsideGpt, subject: Subject) -> list[Page]:
    from genchat.tui.widgets.inside.heads import HeadsPage, LensPage
    from genchat.tui.widgets.inside.stream import InfluencePage, NoInfluencePage, StreamPage

    pages: list[Page] = [HeadsPage(subject, data), LensPage(subject, data), StreamPage(subject, data)]
    if data.influence is not None:
        return [*pages, InfluencePage(subject, data, data.influence)]
    return [*pages, NoInfluencePage(subject, data, [key for key in data.missing if key in NO_INFLUENCE])]
