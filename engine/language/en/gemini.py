"""Gemini, in English."""

TEXTS = {
    "gemini.leaves_the_machine": "Gemini runs at Google: your messages, and the passages of your documents that fit a question, leave this machine and may be read or used there under Google's terms. This is said only once.",
    "gemini.other_address": "this conversation and your key go to {address}, not to Google's own address",
    "gemini.nothing_asked": "nothing was asked, so nothing was sent",
    "gemini.settings_unheeded": "Gemini does not know these settings and leaves them out: {names}",
    "gemini.temperature_capped": "Gemini takes temperatures up to {most}; {value} was lowered to that",
    "gemini.refused_probabilities": "asked for its probabilities, {model} answered: {reason}; the answer comes without them",
    "gemini.cut_short": "the answer broke off here: {reason}",
    "gemini.question_blocked": "Gemini refused the question ({reason}); say it another way",
    "gemini.answer_blocked": "Gemini broke its answer off ({reason}) {message}",
    "gemini.only_thoughts": "the model spent {tokens} tokens thinking and had no room left for the answer; allow a longer reply",
    "gemini.no_room": "the allowed length was used up before the answer began; allow a longer reply",
    "gemini.empty_answer": "Gemini answered with nothing; ask again",
    "gemini.ended_otherwise": "Gemini ended its answer for a reason of its own: {reason} {message}",
    "gemini.no_probabilities": "This Gemini model was asked for its probabilities and does not give them. The tokens below are the pieces in which the text arrived.",
    "gemini.probabilities_off": "Probabilities are not asked for (setting gemini.probabilities).",
    "gemini.probabilities_missing": "Gemini was asked for its probabilities and sent the answer without them.",
    "gemini.tokens_do_not_spell": "Gemini sent probabilities for tokens that do not spell this answer, so they are not shown.",
    "gemini.text_without_token": "Gemini sent no probabilities for this piece of the answer.",
    "gemini.no_candidates": "Gemini told the probability of this token, but not what else it considered.",
    "gemini.draw_not_told": "Gemini does not tell what the draw was made from.",
}
