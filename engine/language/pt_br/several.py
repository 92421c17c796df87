"""O que se diz quando uma mensagem vai para vários modelos, em português do Brasil."""

TEXTS = {
    "several.title": "Quais modelos recebem a mensagem?",
    "several.hint": "Espaço escolhe · de dois a quatro · Tab, Enter envia",
    "several.send": "Enviar",
    "several.how_many": "Escolha de {least} a {most} modelos.",
    "several.asking": "{name} responde; {left:# outro modelo espera|# outros modelos esperam}",
    "several.nothing": "Escreva antes uma mensagem; ela vai então para vários modelos.",
    "several.bits": "{tokens:# token|# tokens}   {bits} bits por token",
    "several.replies": "Vários modelos, uma mensagem",
    "several.help": "Respostas lado a lado",
    "several.about": "Cada coluna é a resposta de um modelo à mesma mensagem, com os tokens coloridos pela surpresa daquele modelo. Abaixo estão os candidatos mais prováveis no token aberto. As respostas são versões umas das outras: na conversa, [ e ] passam de uma à outra.",
}
