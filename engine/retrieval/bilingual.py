"""English words of food and training in Portuguese, so that an English question finds Portuguese documents.

A small lexicon, not a translator: it covers what the shipped collection is about, and is asked only for words that no
document has as they stand.
"""

from functools import cache

_LEXICON = """
    acid acido; after depois; allergy alergia; almond amendoa; apple maca; avocado abacate; back costas; bake assar;
    banana banana; bean feijao; beef carne; beer cerveja; before antes; beginner iniciante; beverage bebida; bike
    bicicleta; blood sangue; boil cozinhar; bone osso; bottle garrafa; bread pao; breakfast desjejum; broccoli
    brocolis; burger hamburguer; butter manteiga; cabbage repolho; caffeine cafeina; cake bolo; calcium calcio;
    calorie kcal; carb carboidrato; carbohydrate carboidrato; carrot cenoura; cashew caju; cassava mandioca; celiac
    celiaca; cereal cereal; cheese queijo; chest peito; chia chia; chicken frango; chickpea grao; chocolate chocolate;
    cinnamon canela; cocoa cacau; coconut coco; coffee cafe; cook cozinhar; corn milho; couscous cuscuz; cup xicara;
    daily dia; day dia; diabetes diabetes; dinner jantar; dish prato; doctor medico; drink bebida; eat comer; egg ovo;
    eggplant berinjela; endurance resistencia; energy energia; exercise exercicio; fast jejum; fasting jejum; fat
    gordura; fiber fibra; fibre fibra; fig figo; fish peixe; flour farinha; food alimento; fridge geladeira; fruit
    fruta; fry fritar; gain ganhar; garlic alho; ginger gengibre; gluten gluten; grain grao; gram grama; grape uva;
    green verde; grilled grelhado; gym academia; ham presunto; heart coracao; honey mel; hummus homus; hungry fome;
    hydration hidratacao; ingredient ingrediente; injury lesao; isotonic isotonico; juice suco; kale couve; kidney
    rins; kiwi kiwi; knee joelho; label rotulo; lactose lactose; leg perna; lemon limao; lentil lentilha; lettuce
    alface; liter litro; litre litro; lose perder; lunch almoco; magnifier lupa; mango manga; melon melao; milk leite;
    minimum minima; minute minuto; muscle musculo; mushroom cogumelo; night noite; nut castanha; nutrition
    nutricional; nutritionist nutricionista; oat aveia; oil oleo; olive azeitona; omelet omelete; omelette omelete;
    onion cebola; orange laranja; pain dor; pancake panqueca; papaya mamao; pasta macarrao; pea ervilha; peanut
    amendoim; pear pera; pepper pimentao; pineapple abacaxi; popcorn pipoca; pork porco; porridge mingau; portion
    porcao; potato batata; pregnant gestante; protein proteina; pumpkin abobora; quinoa quinoa; raisin passa; recipe
    receita; replace trocar; rest descanso; rice arroz; run correr; runner corredor; running corrida; salad salada;
    salmon salmao; salt sal; sandwich sanduiche; sardine sardinha; sauce molho; sausage linguica; seed semente; series
    serie; serving porcao; set serie; shoulder ombro; shrimp camarao; skin pele; sleep sono; snack lanche; sodium
    sodio; sore dor; soreness dor; soup sopa; soy soja; spinach espinafre; squat agachamento; steak bife; stew
    ensopado; strawberry morango; strength forca; stretch alongamento; substitute substituir; sugar acucar; swap
    trocar; sweet doce; tangerine tangerina; tapioca tapioca; tea cha; thirst sede; thirsty sede; tofu tofu; tomato
    tomate; train treino; training treino; tuna atum; turkey peru; urine urina; vegan vegano; vegetable legumes;
    vegetarian vegetariano; vitamin vitamina; walk caminhada; walking caminhada; water agua; watermelon melancia; week
    semana; weekly semanal; weight peso; wheat trigo; whey soro; workout treino; yoghurt iogurte; yogurt iogurte;
    zucchini abobrinha
"""
_ENDINGS = (("ies", "y"), ("oes", "o"), ("es", ""), ("es", "e"), ("s", ""))


def in_portuguese(folded: str) -> str | None:
    """The Portuguese word, folded; None for what the lexicon does not have."""
    known = _lexicon()
    singular = (folded[: -len(end)] + instead for end, instead in _ENDINGS if folded.endswith(end))
    return next((known[word] for word in (folded, *singular) if word in known), None)


@cache
def _lexicon() -> dict[str, str]:
    return dict(entry.split() for entry in _LEXICON.split(";"))
