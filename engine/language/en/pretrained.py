"""What the models that ship are, in English."""

TEXTS = {
    "pretrained.gpt_chat": "small talk in English and Portuguese",
    "pretrained.lstm_chat": "small talk in English and Portuguese, letter by letter",
    "pretrained.shakespeare": "plays, letter by letter",
}
