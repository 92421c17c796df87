"""O que se diz dos plug-ins, em português."""

TEXTS = {
    "plugins.wrong_value": "{where} é {found}; tem de ser {wanted}",
    "plugins.lone_surrogate": "{where} traz meio caractere ({found}, um substituto solto); decodifique os bytes com errors='replace'",
    "plugins.no_event": "ele entregou {found}, que não é um evento; os eventos são Step, Passages, Notice e Finish",
    "plugins.no_probabilities": "as probabilidades de {where} somam {total}, e não 1; log-probabilidades são logaritmos naturais",
    "plugins.no_finish": '(o plug-in "{name}" terminou a resposta sem um Finish)',
    "plugins.name_invalid": 'plug-in "{name}" de {package}: nenhum modelo pode ter esse nome; o ponto de entrada aceita letras, dígitos, ponto, hífen e sublinhado, até 64',
    "plugins.name_shadowed": 'plug-in "{name}" de {package}: outro modelo tem esse nome e vem antes; renomeie o ponto de entrada ou remova esse modelo',
    "plugins.name_twice": 'plug-in "{name}" de {package}: {first} traz um com o mesmo nome e vem antes; desinstale um dos dois',
    "plugins.loading": "o plug-in ainda está carregando",
}
