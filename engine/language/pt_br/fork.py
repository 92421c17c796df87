"""Continuar a partir do meio de uma resposta, em português."""

TEXTS = {
    "fork.kept": "Este token veio da resposta de onde o ramo saiu; as probabilidades dele estão lá.",
    "fork.read_again": "o passado já não estava na memória: {tokens:# token foi relido|# tokens foram relidos}",
    "fork.opening": "{name} escreveu esta resposta e está sendo aberto …",
    "fork.gone": "{name} não pode ser aberto, então da resposta não sai ramo: {reason}. F2 escolhe outro modelo, F5 pergunta a ele.",
    "fork.ended": "Esta resposta chegou ao fim dela. Escolha outro token (Enter) ou digite um (e) para seguir por outro lado.",
    "fork.nothing_to_undo": "Esta versão não saiu de outra.",
    "fork.type.title": "Um token ou um texto neste lugar",
    "fork.type.hint": "O que você digitar fica aqui em lugar de “{label}”, e o modelo continua depois. Um espaço no começo conta.",
    "fork.type.priced": "{count:# token|# tokens}: {labels}   p {probability}   {bits} bits",
    "fork.type.keys": "Enter usar · Esc cancelar",
    "fork.type.tokens": "{count:# token|# tokens}: {labels}",
    "fork.type.one_in": "1 em {count:#}",
    "fork.question.asked": "{name} está lendo a mensagem …",
    "fork.question.edit": "Enter envia isto como outra versão da mensagem.",
    "fork.not_drawn": "aqui nada foi amostrado: uma pessoa escreveu este texto",
    "fork.next": "próximo",
}
