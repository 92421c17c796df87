"""O que a vista de vários modelos em um token diz, em português do Brasil."""

TEXTS = {
    "columns.title": "O que está em {token}, segundo vários modelos",
    "columns.asking": "está lendo o texto …",
    "columns.price": "{bits} bits por byte da resposta",
    "columns.here": "{bits} bits por este token",
    "columns.writer": "escreveu",
    "columns.apart": "KL {kl} · JS {js} bits",
    "columns.note": "Texto: quanto mais forte a cor, mais bits separam os modelos. KL, JS: próximo byte, a partir de quem escreveu.",
    "columns.alone": "Não há outro modelo nesta máquina que possa ler esta resposta.",
    "columns.help": "Vários modelos",
    "columns.about": "Cada coluna é um modelo que lê o mesmo texto até o cursor; abaixo estão os próximos tokens mais prováveis para ele. Os vocabulários cortam o texto de modos diferentes, por isso os modelos são comparados pelo primeiro byte do que vem a seguir: KL diz quantos bits a mais custa esperar o que este modelo espera onde vale a distribuição de quem escreveu; JS (de 0 a 1 bit) diz a que distância os dois estão do meio-termo. Bits por byte é o preço da resposta inteira: quanto menor, melhor este modelo a teria previsto.",
}
