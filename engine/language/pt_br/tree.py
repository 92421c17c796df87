"""O que se diz dos ramos de uma conversa, em português do Brasil."""

TEXTS = {
    "tree.end": "⟨fim⟩",
    "tree.same_branch": "Esta linha está no mesmo ramo que a marcada. Vá a outro ramo para comparar os dois.",
    "tree.name_title": "Dar nome ao ramo",
    "tree.name_hint": "O nome aparece na árvore. Deixe vazio para tirá-lo.",
    "tree.delete_title": "Apagar o ramo?",
    "tree.delete_question": "“{text}” e tudo o que cresceu daí, {messages:# mensagem|# mensagens}, será apagado para sempre.",
    "tree.after": "depois de: {text}",
    "tree.at_the_beginning": "no começo da conversa",
    "tree.help_branches": "Comparando dois ramos",
    "tree.help_branches_about": "O ramo marcado fica à esquerda, o outro à direita. As duas colunas têm as mesmas linhas enquanto os textos são iguais, em letras apagadas; ▌ marca o lugar onde se separam.",
    "tree.being_written": "Este ramo está sendo escrito. Pare a resposta antes (Esc).",
}
