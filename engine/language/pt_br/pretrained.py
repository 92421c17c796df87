"""O que são os modelos que vêm junto, em português do Brasil."""

TEXTS = {
    "pretrained.gpt_chat": "conversa do dia a dia, em inglês e português",
    "pretrained.lstm_chat": "conversa do dia a dia, em inglês e português, letra por letra",
    "pretrained.shakespeare": "peças de teatro, letra por letra",
}
