"""O que uma configuração ou uma opção pode ser, em português do Brasil."""

TEXTS = {
    "settings.one_of": "{first} ou {last}",
    "settings.text": "um texto",
    "settings.number": "um número, como 0,8",
    "settings.number_from": "um número, {low} ou mais",
    "settings.number_above": "um número acima de {low}",
    "settings.number_from_to": "um número de {low} a {high}",
    "settings.number_above_to": "um número acima de {low} e no máximo {high}",
    "settings.whole": "um número inteiro",
    "settings.whole_from": "um número inteiro, {low} ou mais",
    "settings.whole_above": "um número inteiro acima de {low}",
    "settings.whole_from_to": "um número inteiro de {low} a {high}",
    "settings.whole_above_to": "um número inteiro acima de {low} e no máximo {high}",
    "settings.keys": 'teclas separadas por vírgulas, como "k,up" ou "ctrl+y"',
}
