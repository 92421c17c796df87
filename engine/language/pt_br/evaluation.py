"""A medição de modelos, em português."""

TEXTS = {
    "evaluation.help": "Mede modelos num texto: bits por byte (a unidade em que todos os modelos se comparam), perplexidade por token, velocidade, memória. Argumentos que são arquivos são lidos; outras palavras são o próprio texto; - é a entrada padrão.\n\nArquivos de diálogos são medidos turno a turno, na forma em que cada modelo conversa, e o fim de um turno conta como um byte. Cada modelo roda num processo próprio.",
    "evaluation.text": "arquivos, um texto, ou - para a entrada padrão",
    "evaluation.models": "nomes de modelos, separados por vírgulas (sem isso, o modelo em uso)",
    "evaluation.scope": "dos diálogos, medir só as respostas, todos os turnos, ou o arquivo como texto comum",
    "evaluation.column_text": "texto",
    "evaluation.column_model": "modelo",
    "evaluation.column_bits": "bits/byte",
    "evaluation.column_perplexity": "perplexidade/token",
    "evaluation.column_tokens": "tokens",
    "evaluation.column_read": "tokens/s lendo",
    "evaluation.column_write": "tokens/s escrevendo",
    "evaluation.column_memory": "memória",
    "evaluation.scope_text": "{name}: o texto inteiro, {bytes} bytes",
    "evaluation.scope_replies": "{name}: as respostas dos diálogos, {bytes} bytes",
    "evaluation.scope_all": "{name}: todos os turnos dos diálogos, {bytes} bytes",
    "evaluation.unknown": "{model}, {text}: {count} pedaços não estão no vocabulário e foram soletrados pelo preço inteiro: {pieces}",
    "evaluation.lost": "{model}, {text}: {count} bytes não podem ser escritos por seu tokenizador e custaram 16 bits cada um",
    "evaluation.working": "medindo {model}",
}
