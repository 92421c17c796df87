"""A mistura de dois modelos, em português."""

TEXTS = {
    "mixture.help": "Mistura dois modelos de mesmo vocabulário em um novo: a probabilidade de cada token é uma média ponderada das dos dois. Os pesos são ajustados em um texto de validação, com o qual nenhum deles aprendeu; se um deles é um modelo de n-gramas, dependem de quanto do contexto ele já viu.",
    "mixture.first": "um modelo, por exemplo um de n-gramas",
    "mixture.second": "outro, por exemplo um neural, treinado com o mesmo texto e o mesmo --tokens",
    "mixture.held_out": "texto de validação para ajustar os pesos, com o qual nenhum dos modelos aprendeu; pode ser repetido",
    "mixture.constant": "usa um só peso para todos os lugares",
    "mixture.done": "{name}: {loss} nats por token no texto de validação; {first} sozinho {first_loss}, {second} sozinho {second_loss}",
}
