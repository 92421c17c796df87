"""What went wrong and what to do next, in English."""

TEXTS = {
    "error.model_not_found": 'no model "{name}"; installed: {installed}; train one with: genchat train --help',
    "error.model_damaged": 'model "{name}" cannot be read ({reason}); remove it with: genchat models rm {name}',
    "error.checksum_differs": 'model "{name}": {file} does not match its checksum; train or fetch it again',
    "error.model_too_new": 'model "{name}" was written by a newer genchat (format {found}); update genchat',
    "error.temperature_negative": "temperature is {value}; give 0 (always the likeliest token) or more",
    "error.top_p_out_of_range": "top-p is {value}; give a number above 0, at most 1",
    "error.min_p_out_of_range": "min-p is {value}; give a number from 0 to 1",
    "error.top_k_negative": "top-k is {value}; give 0 (off) or more",
    "error.repetition_penalty_out_of_range": "repetition penalty is {value}; give 1 (off) or more",
    "error.max_tokens_out_of_range": "the longest reply is {value} tokens; give 1 or more",
    "error.token_outside_vocabulary": "token {token} is not in the vocabulary (0 to {last})",
    "error.cannot_score": "{backend} cannot score text: it shows no exact distribution; pick a local model",
    "error.prompt_too_long": "the text is {tokens} tokens and the model reads {limit}; shorten it",
    "error.cannot_write_model": 'model "{name}" could not be written ({reason}); free some space or choose another folder',
    "error.family_unknown": 'model "{name}" is of the family "{family}", which this genchat does not have',
    "error.backend_failed_to_load": 'plug-in backend "{name}" did not load ({reason}); GENCHAT_PLUGINS=none skips plug-ins',
}
