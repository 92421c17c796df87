"""A mistura de dois modelos, em português."""

TEXTS = {
    "mixture.help": "Mistura dois modelos de mesmo vocabulário num novo: a probabilidade de cada token é uma média ponderada das dos dois. Os pesos são ajustados em texto reservado, do qual nenhum deles aprendeu; quando um deles conta, dependem de quanto do passado ele já viu.",
    "mixture.first": "um modelo, por exemplo um que conta",
    "mixture.second": "outro, por exemplo um neural, treinado no mesmo texto com o mesmo --tokens",
    "mixture.held_out": "texto para ajustar os pesos, do qual nenhum dos modelos aprendeu; pode ser repetido",
    "mixture.constant": "um só peso para todos os lugares",
    "mixture.done": "{name}: {loss:.4f} nats por token no texto do ajuste; {first} sozinho {first_loss:.4f}, {second} sozinho {second_loss:.4f}",
}
