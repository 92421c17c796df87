"""O Gemini, em português do Brasil."""

TEXTS = {
    "gemini.leaves_the_machine": "O Gemini funciona no Google: suas mensagens, e os trechos dos seus documentos que combinam com uma pergunta, saem desta máquina e podem ser lidos ou usados lá conforme os termos do Google. Isto é dito só uma vez.",
    "gemini.other_address": "esta conversa e a sua chave vão para {address}, não para o endereço do próprio Google",
    "gemini.nothing_asked": "nada foi perguntado, então nada foi enviado",
    "gemini.settings_unheeded": "o Gemini não conhece estes ajustes e os deixa de fora: {names}",
    "gemini.temperature_capped": "o Gemini aceita temperaturas até {most}; {value} foi reduzida a isso",
    "gemini.refused_probabilities": "ao pedido das probabilidades, {model} respondeu: {reason}; a resposta vem sem elas",
    "gemini.cut_short": "a resposta foi interrompida aqui: {reason}",
    "gemini.question_blocked": "o Gemini recusou a pergunta ({reason}); diga de outro jeito",
    "gemini.answer_blocked": "o Gemini interrompeu a resposta ({reason}) {message}",
    "gemini.only_thoughts": "o modelo gastou {tokens} tokens pensando e não sobrou espaço para a resposta; permita uma resposta mais longa",
    "gemini.no_room": "o tamanho permitido acabou antes de a resposta começar; permita uma resposta mais longa",
    "gemini.empty_answer": "o Gemini respondeu com nada; pergunte de novo",
    "gemini.ended_otherwise": "o Gemini terminou a resposta por um motivo próprio: {reason} {message}",
    "gemini.no_probabilities": "Este modelo do Gemini não devolve probabilidades; elas foram pedidas. Os tokens abaixo são os pedaços em que o texto chegou.",
    "gemini.probabilities_off": "As probabilidades não são pedidas (ajuste gemini.probabilities).",
    "gemini.probabilities_missing": "As probabilidades foram pedidas ao Gemini e a resposta veio sem elas.",
    "gemini.tokens_do_not_spell": "O Gemini enviou probabilidades de tokens que não formam esta resposta; por isso não são mostradas.",
    "gemini.text_without_token": "O Gemini não enviou probabilidades para este pedaço da resposta.",
    "gemini.no_candidates": "O Gemini disse a probabilidade deste token, mas não o que mais considerou.",
    "gemini.draw_not_told": "O Gemini não diz de que distribuição foi feito o sorteio.",
}
