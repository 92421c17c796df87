"""O que deu errado e o que fazer em seguida, em português do Brasil."""

TEXTS = {
    "error.model_not_found": 'não há modelo "{name}"; instalados: {installed}; treine um com: genchat train --help',
    "error.model_damaged": 'o modelo "{name}" não pode ser lido ({reason}); remova com: genchat models rm {name}',
    "error.checksum_differs": 'modelo "{name}": {file} não confere com a soma de verificação; treine ou baixe de novo',
    "error.model_too_new": 'o modelo "{name}" foi escrito por um genchat mais novo (formato {found}); atualize o genchat',
    "error.temperature_negative": "a temperatura é {value}; use 0 (sempre o token mais provável) ou mais",
    "error.top_p_out_of_range": "top-p é {value}; use um número acima de 0 e no máximo 1",
    "error.min_p_out_of_range": "min-p é {value}; use um número de 0 a 1",
    "error.top_k_negative": "top-k é {value}; use 0 (desligado) ou mais",
    "error.repetition_penalty_out_of_range": "a penalidade de repetição é {value}; use 1 (desligada) ou mais",
    "error.max_tokens_out_of_range": "a resposta mais longa tem {value} tokens; use 1 ou mais",
    "error.token_outside_vocabulary": "o token {token} não está no vocabulário (0 a {last})",
    "error.cannot_score": "{backend} não pontua texto: não mostra a distribuição exata; escolha um modelo local",
    "error.prompt_too_long": "o texto tem {tokens} tokens e o modelo lê {limit}; encurte-o",
    "error.cannot_write_model": 'o modelo "{name}" não pôde ser gravado ({reason}); libere espaço ou escolha outra pasta',
    "error.family_unknown": 'o modelo "{name}" é da família "{family}", que este genchat não tem',
    "error.backend_failed_to_load": 'o plug-in "{name}" não carregou ({reason}); GENCHAT_PLUGINS=none ignora plug-ins',
}
