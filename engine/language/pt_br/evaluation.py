"""A medição de modelos, em português."""

TEXTS = {
    "evaluation.help": "Mede modelos em um texto: bits por byte (a unidade em que todos os modelos se comparam), perplexidade por token, velocidade, memória. Argumentos que são arquivos são lidos; outras palavras são o próprio texto; - é a entrada padrão.\n\nArquivos de diálogos são avaliados turno a turno, no template de chat de cada modelo; o fim de um turno conta como um byte. Cada modelo roda em um processo próprio.",
    "evaluation.text": "arquivos, um texto, ou - para a entrada padrão",
    "evaluation.models": "nomes de modelos, separados por vírgulas (padrão: o modelo em uso)",
    "evaluation.scope": "em diálogos, avalia só as respostas, todos os turnos ou o arquivo como texto simples",
    "evaluation.column_text": "texto",
    "evaluation.column_model": "modelo",
    "evaluation.column_bits": "bits/byte",
    "evaluation.column_perplexity": "perplexidade/token",
    "evaluation.column_tokens": "tokens",
    "evaluation.column_read": "tokens/s lendo",
    "evaluation.column_write": "tokens/s escrevendo",
    "evaluation.column_memory": "memória",
    "evaluation.scope_text": "{name}: o texto inteiro, {bytes:# byte|# bytes}",
    "evaluation.scope_replies": "{name}: as respostas dos diálogos, {bytes:# byte|# bytes}",
    "evaluation.scope_all": "{name}: todos os turnos dos diálogos, {bytes:# byte|# bytes}",
    "evaluation.unknown": "{model}, {text}: {count:# pedaço não está|# pedaços não estão} no vocabulário e {count:foi soletrado|foram soletrados} a custo integral: {pieces}",
    "evaluation.lost": "{model}, {text}: {count:# byte não pode ser escrito|# bytes não podem ser escritos} pelo tokenizador e {count:contou|contaram} 16 bits cada",
    "evaluation.working": "medindo {model}",
}
