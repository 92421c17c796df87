// What every part uses: the data, the places of the page, elements with text.
// Everything of the conversation reaches the page as text (textContent), never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const { strings, messages, words } = data;
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
