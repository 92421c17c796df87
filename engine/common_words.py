"""Words too common to find anything by, accents stripped, and the language they give away."""

import re
from typing import Literal

from genchat.engine.text import fold

Language = Literal["pt", "en"]

PORTUGUESE = frozenset(
    """
    a as ao aos o os um uma uns umas de da das do dos dum duma em na nas no nos num numa por pela pelas pelo pelos
    para pra pro com sob ate apos ante entre desde perante
    e ou mas nem que se porque pois porem contudo entretanto portanto como quando onde enquanto embora caso logo
    qual quais quem quanto quanta quantos quantas cujo cuja cujos cujas aonde donde
    eu tu ele ela nos vos eles elas voce voces me te lhe lhes mim ti si comigo contigo consigo
    meu minha meus minhas teu tua teus tuas seu sua seus suas nosso nossa nossos nossas dele dela deles delas
    este esta estes estas esse essa esses essas isto isso aquele aquela aqueles aquelas aquilo
    neste nesta nestes nestas nesse nessa nesses nessas nisto nisso naquele naquela deste desta destes destas
    desse dessa desses dessas disto disso daquele daquela daqueles daquelas aquele aquela
    ser sou es e somos sao era eram foi foram fui fomos seja sejam fosse fossem sera serao seria seriam sendo sido
    estar estou esta estamos estao estava estavam esteve estiveram esteja estejam estando
    ter tenho tem temos tinha tinham teve tiveram tenha tenham tendo tido tera terao teria teriam
    haver ha havia houve haja havendo
    ir vou vai vamos vao ia iam pode podem poder podia podiam posso deve devem dever devo
    faz fazer faco fazem feito quer quero dizer diz significa significam
    ja ainda tambem so somente apenas muito muita muitos muitas mais menos bem mal tao tanto tanta tantos tantas
    nao sim la ali aqui ai assim entao sempre nunca talvez quase cada todo toda todos todas tudo nada
    algum alguma alguns algumas nenhum nenhuma outro outra outros outras mesmo mesma mesmos mesmas tal tais
    alguem ninguem algo qualquer quaisquer ambos ambas demais etc
    """.split()  # noqa: SIM905
)

ENGLISH = frozenset(
    """
    a an the and or but nor so yet if then else than that which who whom whose what when where why how
    of to in on at by for from with into onto about above below over under between among through up down out off
    again further once
    i you he she it we they me him her us them my your his its our their mine yours hers ours theirs
    myself yourself himself herself itself ourselves yourselves themselves this these those there here
    am is are was were be been being have has had having do does did doing done
    can could may might must shall should will would ought
    many much lot lots mean means
    not no yes only own same too very just also still ever never always often each every all any both few more most
    other some such as because while until s t d ll m re ve don doesn didn isn aren wasn weren
    """.split()  # noqa: SIM905
)

BY_LANGUAGE: dict[Language, frozenset[str]] = {"pt": PORTUGUESE, "en": ENGLISH}

# What people add in a chat without changing what they ask: short forms, time, degree, address, courtesy.
CHATTY: dict[Language, frozenset[str]] = {
    "pt": frozenset(
        """
        oi oie ola vc vcs ce ces q tb tbm pq td mt mto mta n nao hj agr blz vlw flw pfv pf obg ne ta to tava tou eh tipo
        cara mano hoje ontem amanha agora demais meio bastante super mega poxa nossa puxa uai ue ei opa hein
        kk k rs haha favor gentileza gostaria queria consegue sabe conhece fala fale falar conta conte explica
        explique me
        funciona serve
        """.split()  # noqa: SIM905
    ),
    "en": frozenset(
        """
        u r ur im ive dont cant wont didnt doesnt isnt whats hows wheres pls plz please thx idk gonna wanna kinda today
        tomorrow yesterday now really pretty hey hi hello well okay ok lol tell explain know give show work works
        """.split()  # noqa: SIM905
    ),
}
# By which people ask what something is, and how they want it told.
ASKING: dict[Language, frozenset[str]] = {
    "pt": frozenset(
        """
        basicamente brevemente conceito conceitos conta conte defina define definicao definir descreva entender entendi
        entendo explica explicacao explicar explique fala falar fale finalidade funciona funcionam gostaria ideia jeito
        preciso queria resumidamente resumo sabe saber serve servem significado simples vem
        """.split()  # noqa: SIM905
    ),
    "en": frozenset(
        """
        basically behind brief briefly concept concepts define definition describe explain explained explanation idea
        know meaning need purpose say simple simply tell understand work works
        """.split()  # noqa: SIM905
    ),
}
_ASIDE = {language: CHATTY[language] | ASKING[language] for language in BY_LANGUAGE}
_ALL = {language: words | _ASIDE[language] for language, words in BY_LANGUAGE.items()}
_DISTINCTIVE = {"pt": _ALL["pt"] - _ALL["en"], "en": _ALL["en"] - _ALL["pt"]}
_WORD = re.compile(r"\w+")


def is_common(folded: str) -> bool:
    """The answer is true where a folded word says nothing about what a sentence is about, in either language."""
    return any(folded in words for words in _ALL.values())


def only_asks(folded: str) -> bool:
    """Whether a folded word says that something is asked, or chats, and not what is asked about."""
    return len(folded) > 1 and any(folded in words for words in _ASIDE.values())


def language_of(text: str) -> Language | None:
    """The language is judged by the common words and the accents in `text`; it is None where neither shows."""
    written = [word.casefold() for word in _WORD.findall(text)]
    folded = [fold(word) for word in written]
    votes = {language: sum(word in _DISTINCTIVE[language] for word in folded) for language in BY_LANGUAGE}
    votes["pt"] += sum(word != plain for word, plain in zip(written, folded, strict=True))
    if votes["pt"] == votes["en"]:
        return None
    return "pt" if votes["pt"] > votes["en"] else "en"
