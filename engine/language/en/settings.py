"""What a setting or an option may be, in English."""

TEXTS = {
    "settings.one_of": "{first} or {last}",
    "settings.text": "text",
    "settings.number": "a number such as 0.8",
    "settings.number_from": "a number, {low} or more",
    "settings.number_above": "a number above {low}",
    "settings.number_from_to": "a number from {low} to {high}",
    "settings.number_above_to": "a number above {low}, at most {high}",
    "settings.whole": "a whole number",
    "settings.whole_from": "a whole number, {low} or more",
    "settings.whole_above": "a whole number above {low}",
    "settings.whole_from_to": "a whole number from {low} to {high}",
    "settings.whole_above_to": "a whole number above {low}, at most {high}",
    "settings.keys": 'keys with commas between them, like "k,up" or "ctrl+y"',
}
