"""O que se diz de teclas com outro sentido, em português do Brasil."""

TEXTS = {
    "keymap.unknown": "nada do que uma tecla faz se chama “{name}”",
    "keymap.unknown_near": "nada do que uma tecla faz se chama “{name}”; você quis dizer “{near}”?",
    "keymap.clash": "“{name}” não pode ser {pressed}: essa é “{other}” no mesmo lugar ({mode})",
    "keymap.shared": "“{name}” fica com sua tecla, que faz várias coisas, uma depois da outra",
    "keymap.letter": "“{name}” não pode ser {pressed}: uma letra sozinha deixaria de ser escrita no campo de mensagem",
    "keymap.refused": "O arquivo de configurações dá uma tecla que não pode ser usada: {reason}",
}
