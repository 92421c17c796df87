"""Continuar a partir do meio de uma resposta, em português."""

TEXTS = {
    "fork.kept": "Este token veio da resposta de onde o ramo saiu; as probabilidades dele estão lá.",
    "fork.read_again": "o passado já não estava na memória: {tokens:# token foi relido|# tokens foram relidos}",
}
