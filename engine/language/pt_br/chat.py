"""O que se diz em torno de uma resposta, em português do Brasil."""

TEXTS = {
    "chat.oldest_turns_dropped": "{count:a mensagem mais antiga não cabe mais e ficou|as # mensagens mais antigas não cabem mais e ficaram} de fora",
    "chat.newest_message_cut": "esta mensagem é maior do que o modelo consegue ler; o começo dela ficou de fora",
    "chat.context_full": "o modelo lê {tokens:# token|# tokens} de cada vez; daqui em diante, ele não vê mais o começo",
    "chat.unknown_pieces": "este modelo nunca viu: {pieces}",
    "chat.settings_changed": "a partir do token {place}, foram usados outras configurações de amostragem",
}
