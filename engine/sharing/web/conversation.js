// The branch that is shown. A reply is one piece of text until it comes near the window; then its tokens become elements.
const below = new Map();
messages.forEach((message, index) => {
  const key = message.parent;
  if (!below.has(key)) below.set(key, []);
  below.get(key).push(index);
});
const chosen = new Map();
for (const index of data.shown) chosen.set(messages[index].parent, index);

const path = () => {
  const found = [];
  let parent = null;
  while (below.has(parent)) {
    const children = below.get(parent);
    parent = chosen.get(parent) ?? children[children.length - 1];
    found.push(parent);
  }
  return found;
};

const siblings = (index) => below.get(messages[index].parent);

const articles = new Map();
const waiting = new Map();
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) fill(Number(entry.target.dataset.message));
}, { rootMargin: "800px" });

const article = (index) => {
  const known = articles.get(index);
  if (known) return known;
  const message = messages[index];
  const element = make("article", "", message.role);
  element.dataset.message = index;
  const heading = make("div", "", "heading");
  const speaker = make("h2", message.speaker);
  speaker.dir = "auto";
  heading.append(speaker);
  if (siblings(index).length > 1) heading.append(versions(index));
  if (message.status) heading.append(make("span", message.status, "status"));
  const body = make("div", message.text, "text");
  body.dir = "auto";
  element.append(heading, body);
  if (message.count) {
    body.tabIndex = 0;
    body.setAttribute("role", "group");
    body.setAttribute("aria-label", words.reply_tokens.replace("{name}", message.speaker));
    body.setAttribute("aria-describedby", "keys");
    waiting.set(index, body);
    near.observe(element);
  }
  if (!body.textContent) body.append(make("span", words.empty, "empty"));
  if (message.error) element.append(make("p", message.error, "error"));
  if (message.passages) element.append(sources(message));
  if (message.about && message.about.length) element.append(make("p", message.about.join(" · "), "made"));
  articles.set(index, element);
  return element;
};

const versions = (index) => {
  const all = siblings(index), place = all.indexOf(index);
  const group = make("span", "", "versions");
  const button = (sign, label, by) => {
    const element = make("button", sign);
    element.type = "button";
    element.setAttribute("aria-label", label);
    element.disabled = !all[place + by];
    element.addEventListener("click", () => turn(index, by));
    return element;
  };
  const said = words.version.replace("{number}", place + 1).replace("{count}", all.length);
  group.append(button("‹", words.previous_version, -1), make("span", said), button("›", words.next_version, 1));
  return group;
};

const sources = ({ sources: said, passages }) => {
  const details = make("details");
  details.append(make("summary", said));
  for (const passage of passages) {
    const name = make("h3", passage.name), text = make("p", passage.text, "passage");
    name.dir = text.dir = "auto";
    details.append(name, text);
  }
  return details;
};

const fill = (index) => {
  const body = waiting.get(index);
  if (!body) return;
  waiting.delete(index);
  near.unobserve(articles.get(index));
  const tokens = tokensOf(index), { text } = messages[index];
  let written = 0;
  const spans = document.createDocumentFragment();
  tokens.text.forEach((place, position) => {
    // A token without text is a marker, or a part of a character that a later token completes.
    const span = strings[place] ? make("span", strings[place]) : make("span", strings[tokens.label[position]], "mark");
    written += strings[place].length;
    span.dataset.token = position;
    paint(span, tokens, position);
    spans.append(span);
  });
  if (text.length > written) spans.append(text.slice(written)); // what no token wrote
  body.replaceChildren(spans);
};
const fillAll = () => [...waiting.keys()].forEach(fill);

const show = () => main.replaceChildren(...path().map(article));

const turn = (index, by) => {
  const all = siblings(index), next = all[all.indexOf(index) + by];
  if (next === undefined) return;
  const top = articles.get(index).getBoundingClientRect().top;
  close();
  chosen.set(messages[index].parent, next);
  show();
  const shown = articles.get(next);
  window.scrollBy(0, shown.getBoundingClientRect().top - top);
  const button = shown.querySelector(by > 0 ? ".versions button:last-of-type" : ".versions button");
  (button.disabled ? shown.querySelector(".versions button:not(:disabled)") : button).focus({ preventScroll: true });
};
