"""What results say when they are printed or shown in a notebook, in Brazilian Portuguese."""

TEXTS = {
    "interface.more_rows": "… e mais {count}",
    "interface.more_tokens": "… e mais {count} tokens",
    "interface.hover": "{percent} %   {bits} bits",
    "interface.hover_rank": "posto {rank}",
    "interface.whole_number": "um número inteiro",
    "interface.number": "um número",
    "interface.true_or_false": "True ou False",
    "interface.text": "um texto",
    "interface.column_name": "nome",
    "interface.column_family": "família",
    "interface.column_origin": "origem",
    "interface.column_use": "uso",
    "interface.column_description": "descrição",
}
