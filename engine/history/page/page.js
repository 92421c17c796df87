"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;
const main = document.querySelector("main");
const panel = document.querySelector("aside");
const byId = new Map(data.messages.map((message) => [message.id, message]));
const children = new Map();
for (const message of data.messages) {
  const list = children.get(message.parent) || [];
  list.push(message);
  children.set(message.parent, list);
}
const shown = new Map();  // parent -> the child that is shown
let open = null;  // {message, index}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function show(message) {
  for (let each = message; each; each = byId.get(each.parent)) shown.set(each.parent, each);
}

function path() {
  const found = [];
  let list = children.get(null);
  while (list) {
    const message = shown.get(list[0].parent) || list[list.length - 1];
    found.push(message);
    list = children.get(message.id);
  }
  return found;
}

const number = new Intl.NumberFormat(data.language, {maximumFractionDigits: 2});
const percent = (logProb) => logProb === null ? "" : number.format(100 * Math.exp(logProb)) + " %";
const bits = (logProb) => -logProb / Math.LN2;

function heat(token, kind) {
  if (kind === "none" || token.logProb === null) return 0;
  const value = {surprisal: bits(token.logProb) / 2, probability: 5 * (1 - Math.exp(token.logProb)),
    entropy: token.entropy === null ? 0 : token.entropy / 1.5, rank: token.rank ? Math.log2(token.rank) : 0}[kind];
  return Math.max(0, Math.min(5, Math.floor(value)));
}

function tint() {
  const kind = document.getElementById("tint").value;
  document.querySelector(".legend").hidden = kind === "none";
  for (const span of document.querySelectorAll(".token")) {
    const token = byId.get(Number(span.dataset.message)).tokens[span.dataset.index];
    const level = heat(token, kind);
    span.className = "token" + (token.special ? " end" : "") + (level ? " h" + level : "") + (span.matches(".open") ? " open" : "");
  }
}

function fill(article) {
  const message = byId.get(Number(article.dataset.message));
  const text = article.querySelector(".text");
  if (!message.tokens || text.firstElementChild) return;
  text.textContent = "";
  message.tokens.forEach((token, index) => {
    const span = element("span", "token" + (token.special ? " end" : ""), token.special ? token.label : token.text);
    span.dataset.message = message.id;
    span.dataset.index = index;
    text.append(span);
  });
  tint();
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) fill(entry.target);
}, {rootMargin: "400px"});

function paint() {
  main.textContent = "";
  for (const message of path()) {
    const article = element("article", message.role);
    article.dataset.message = message.id;
    const who = element("div", "who");
    who.append(element("b", "", message.speaker));
    if (message.state) who.append(element("span", "state", message.state));
    const siblings = children.get(message.parent);
    if (siblings.length > 1) {
      const place = siblings.indexOf(message);
      for (const [sign, by] of [["‹", -1], ["›", 1]]) {
        const button = element("button", "", sign);
        button.setAttribute("aria-label", by < 0 ? words.previous : words.next);
        button.disabled = !siblings[place + by];
        button.addEventListener("click", () => version(message, by));
        who.append(button);
        if (by < 0) who.append(element("span", "", `${place + 1}/${siblings.length}`));
      }
    }
    const text = element("div", "text", message.text);
    text.lang = "";
    article.append(who, text);
    main.append(article);
    seen.observe(article);
  }
}

function version(message, by) {
  const siblings = children.get(message.parent);
  const other = siblings[siblings.indexOf(message) + by];
  if (!other) return;
  shown.set(message.parent, other);
  open = null;
  paint();
  describe();
}

function select(message, index) {
  if (!message || !message.tokens || !message.tokens[index]) return;
  let article = main.querySelector(`article[data-message="${message.id}"]`);
  if (!article) {
    show(message);
    paint();
    article = main.querySelector(`article[data-message="${message.id}"]`);
  }
  fill(article);
  for (const each of document.querySelectorAll(".open")) each.classList.remove("open");
  const span = article.querySelectorAll(".token")[index];
  span.classList.add("open");
  open = {message, index};
  describe();
  span.scrollIntoView({block: "nearest"});
}

function describe() {
  panel.textContent = "";
  if (!open) {
    panel.append(element("p", "hint", words.hint));
    return;
  }
  const token = open.message.tokens[open.index];
  panel.append(element("h2", "", `${words.token} ${open.index + 1}/${open.message.tokens.length}  ${token.label}`));
  const facts = token.logProb === null ? words.unknown
    : `p ${percent(token.logProb)} · ${words.rank} ${token.rank || "?"} · ${number.format(bits(token.logProb))} ${words.bits}`
      + (token.entropy === null ? "" : ` · ${words.entropy} ${number.format(token.entropy)} ${words.bits}`);
  panel.append(element("p", "", facts));
  if (!token.candidates) return;
  const table = element("table");
  const head = element("tr");
  for (const [name, className] of [["", ""], [words.model, "number"], [words.drawn, "number"], ["", ""]]) {
    head.append(element("th", className, name));
  }
  table.append(head);
  for (const [label, logProb, drawn, cut, chosen] of token.candidates) {
    const row = element("tr", (chosen ? "chosen" : "") + (cut ? " cut" : ""));
    row.append(element("td", "label", (chosen ? "▸ " : "") + label), element("td", "number", percent(logProb)),
      element("td", "number", cut ? "─ " + cut : percent(drawn)));
    const cell = element("td");
    const bar = element("meter");
    bar.max = 1;
    bar.value = Math.exp(logProb);
    bar.setAttribute("aria-label", percent(logProb));
    cell.append(bar);
    row.append(cell);
    table.append(row);
  }
  panel.append(table);
}

function step(by) {
  const withTokens = path().filter((message) => message.tokens && message.tokens.length);
  if (!withTokens.length) return;
  if (!open) return select(withTokens[0], 0);
  const index = open.index + by;
  if (open.message.tokens[index]) return select(open.message, index);
  const next = withTokens[withTokens.indexOf(open.message) + by];
  if (next) select(next, by > 0 ? 0 : next.tokens.length - 1);
}

main.addEventListener("click", (event) => {
  const span = event.target.closest(".token");
  if (span) select(byId.get(Number(span.dataset.message)), Number(span.dataset.index));
});
main.addEventListener("mouseover", (event) => {
  const span = event.target.closest(".token");
  if (span && matchMedia("(hover: hover)").matches) select(byId.get(Number(span.dataset.message)), Number(span.dataset.index));
});
document.addEventListener("keydown", (event) => {
  if (event.target.matches("select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") step(event.key === "ArrowRight" ? 1 : -1);
  else if (event.key === "[" && open) version(open.message, -1);
  else if (event.key === "]" && open) version(open.message, 1);
  else if (event.key === "Escape") { open = null; paint(); describe(); }
  else return;
  event.preventDefault();
});
document.getElementById("tint").addEventListener("change", tint);
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
addEventListener("beforeprint", () => document.querySelectorAll("article").forEach(fill));

if (byId.has(data.head)) show(byId.get(data.head));
paint();
describe();
const wanted = /^#m(\d+)t(\d+)$/.exec(location.hash);  // a link to one token
if (wanted) select(byId.get(Number(wanted[1])), Number(wanted[2]));
