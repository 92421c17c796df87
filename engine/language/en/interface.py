"""What results say when they are printed or shown in a notebook, in English."""

TEXTS = {
    "interface.more_rows": "… and {count} more",
    "interface.more_tokens": "… and {count} more tokens",
    "interface.hover": "{percent} %   {bits} bits",
    "interface.hover_rank": "rank {rank}",
    "interface.whole_number": "a whole number",
    "interface.number": "a number",
    "interface.true_or_false": "True or False",
    "interface.text": "a text",
    "interface.column_name": "name",
    "interface.column_family": "family",
    "interface.column_origin": "origin",
    "interface.column_use": "use",
    "interface.column_description": "description",
}
