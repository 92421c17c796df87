"""O que se diz em torno de uma resposta, em português do Brasil."""

TEXTS = {
    "chat.oldest_turns_dropped": "as {count} mensagens mais antigas não cabem mais e ficaram de fora",
    "chat.unknown_pieces": "este modelo nunca viu: {pieces}",
}
