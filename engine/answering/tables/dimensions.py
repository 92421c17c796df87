"""Words by which people ask for a quantity without naming its column: "caro" for a price, "heavy" for a weight.

Each entry is one dimension: what such a column may be called, and the adjectives and verbs that ask for much or little
of it, in both languages. It is a lexicon of gradable adjectives, not of subjects.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from genchat.engine.retrieval.tables import stems_of

Direction = Literal["most", "least", ""]

# columns, much, little, neither
_LEXICON = (
    (
        "preco price custo cost valor value mensalidade tarifa fare fee",
        "caro cara expensive costly dear",
        "barato barata cheap cheapest cheaper inexpensive economico",
        "custa custam custar cost costs",
    ),
    (
        "salario salary renda income wage wages remuneracao pay earnings ordenado vencimento",
        "",
        "",
        "ganha ganham ganhar recebe recebem earn earns earning earned paid makes",
    ),
    (
        "idade age",
        "velho velha idoso old older oldest elder eldest",
        "jovem young younger youngest novo nova",
        "anos years",
    ),
    (
        "altura height estatura",
        "alto alta tall taller tallest high higher",
        "baixo baixa short shorter shortest",
        "mede medem",
    ),
    (
        "peso weight massa mass",
        "pesado pesada heavy heavier heaviest",
        "leve light lighter lightest",
        "pesa pesam weigh weighs",
    ),
    (
        "duracao duration tempo time minutos minutes horas hours length runtime",
        "longo longa demorado long longer longest",
        "curto curta breve short shorter shortest",
        "dura duram demora demoram last lasts take takes",
    ),
    (
        "comprimento length extensao",
        "longo longa comprido comprida long longer longest",
        "curto curta short shorter shortest",
        "",
    ),
    (
        "temperatura temperature temp",
        "quente hot hotter hottest warm warmer warmest",
        "frio fria cold colder coldest cool",
        "",
    ),
    (
        "populacao population habitantes inhabitants",
        "populoso populosa populous",
        "",
        "moram vivem live",
    ),
    (
        "tamanho size area dimensao",
        "grande big bigger biggest large larger largest",
        "pequeno pequena small smaller smallest",
        "",
    ),
    (
        "velocidade speed",
        "rapido rapida fast faster fastest",
        "lento lenta slow slower slowest",
        "",
    ),
    (
        "nota rating score avaliacao grade pontuacao",
        "bom boa melhor melhores good better best",
        "ruim pior piores bad worse worst",
        "",
    ),
    (
        "chuva rain rainfall precipitacao precipitation",
        "chuvoso rainy rainier rainiest wet wetter wettest",
        "seco seca dry drier driest",
        "chove choveu chover rains rained",
    ),
    (
        "ano year data date lancamento release inicio start",
        "novo nova recente recent new newer newest latest",
        "antigo antiga velho velha old older oldest early earlier earliest cedo primeiro first",
        "comeca comecam inicia iniciam start starts begin begins estreou released lancado lancada",
    ),
    (
        "distancia distance",
        "longe distante far farther farthest",
        "perto near nearer nearest close closest",
        "",
    ),
    (
        "profundidade depth",
        "fundo profundo deep deeper deepest",
        "raso shallow",
        "",
    ),
    (
        "largura width",
        "largo larga wide wider widest",
        "estreito narrow narrower narrowest",
        "",
    ),
    (
        "vagas places seats capacidade capacity",
        "",
        "",
        "cabem fit fits",
    ),
)


@dataclass(frozen=True)
class Dimension:
    """Stems of the names of such a column, and of the words that ask for it with their direction."""

    columns: frozenset[str]
    words: dict[str, Direction]


@cache
def dimensions() -> tuple[Dimension, ...]:
    """All of them, in order; a word may belong to several."""
    found = []
    for columns, much, little, neither in _LEXICON:
        words: dict[str, Direction] = {}
        for part, direction in ((neither, ""), (little, "least"), (much, "most")):
            words |= dict.fromkeys((stem for word in part.split() for stem in stems_of(word)), direction)  # type: ignore[arg-type]
        found.append(Dimension(frozenset(stem for word in columns.split() for stem in stems_of(word)), words))
    return tuple(found)
