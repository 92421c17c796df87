// What every part uses: the data, the places of the page, elements with text.
// Everything of the conversation reaches the page as text (textContent), never as markup.
const block = (name) => JSON.parse(document.getElementById(name).textContent);
const data = block("data");
const { strings, messages, words } = data;
const read = new Map();
// The columns of a reply's tokens, read when they are first wanted.
const tokensOf = (index) => {
  if (!read.has(index)) read.set(index, block("tokens-" + index));
  return read.get(index);
};
const IMPOSSIBLE = 1, UNIT = 1000, LN2 = Math.log(2);
const root = document.documentElement;
const main = document.getElementById("conversation");
const panel = document.getElementById("panel");
const legend = document.getElementById("legend");
const make = (name, text, ...classes) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.classList.add(...classes);
  return element;
};
