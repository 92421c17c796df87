// The cursor on a token, and the panel with its candidates before and after sampling.
let cursor = null; // { message, token, span, pinned }

const spanOf = (index, position) => {
  fill(index);
  return articles.get(index).querySelector(".text").children[position];
};

const leave = () => {
  if (!cursor) return;
  const { span, message, token } = cursor;
  cursor = null;
  span.removeAttribute("tabindex");
  span.removeAttribute("aria-current");
  paint(span, tokensOf(message), token);
};

const open = (index, position, pinned, focus) => {
  const span = spanOf(index, position);
  if (cursor && cursor.span === span) cursor.pinned ||= pinned;
  else {
    leave();
    cursor = { message: index, token: position, span, pinned };
    span.classList.add("current");
    span.setAttribute("aria-current", "true");
    span.tabIndex = -1;
    showPanel(tokensOf(index), position);
  }
  if (focus) {
    span.focus({ preventScroll: true });
    span.scrollIntoView({ block: "nearest" });
  }
};

const close = () => {
  const body = cursor && cursor.span.closest(".text");
  const focused = cursor && cursor.span === document.activeElement;
  leave();
  panel.hidden = true;
  root.classList.remove("with-panel");
  if (focused) body.focus({ preventScroll: true });
};

const bar = (kind, value) => {
  const track = make("span", "", "bar", kind);
  const filled = make("span", "", "filled");
  filled.style.width = Math.max(value * 100, value > 0 ? 1 : 0) + "%";
  track.append(filled);
  track.setAttribute("aria-hidden", "true");
  return track;
};

const showPanel = (tokens, position) => {
  const total = tokens.text.length;
  const heading = make("div", "", "panel-heading");
  const label = make("h2", strings[tokens.label[position]]);
  label.dir = "auto";
  const button = make("button", "×");
  button.type = "button";
  button.setAttribute("aria-label", words.close);
  button.addEventListener("click", close);
  heading.append(label, button);
  const place = words.position.replace("{number}", position + 1).replace("{count}", total);
  const parts = [heading, make("p", place, "place")];
  const log = tokens.log[position];
  const rows = tokens.candidates[position];
  const facts = make("dl");
  const fact = (name, value) => value && facts.append(make("dt", name), make("dd", value));
  if (log !== null) {
    fact(words.probability, percent(probability(log)));
    fact(words.surprise, bits(TINTS.surprise.of(tokens, position)));
  }
  if (tokens.rank[position]) fact(words.rank, number(tokens.rank[position], 0));
  if (tokens.entropy[position] !== null) fact(words.entropy, bits(tokens.entropy[position] / UNIT));
  if (tokens.drawn_entropy[position] !== null) fact(words.drawn_entropy, bits(tokens.drawn_entropy[position] / UNIT));
  if (tokens.kept[position]) fact(words.kept, number(tokens.kept[position], 0));
  const draw = tokens.draws[position];
  if (draw && draw.uniform !== null) {
    const span = draw.span ? ` (${number(draw.span[0], 4)}–${number(draw.span[1], 4)})` : "";
    fact(words.random, number(draw.uniform, 4) + span);
  }
  if (facts.children.length) parts.push(facts);
  parts.push(rows.length ? table(tokens, rows) : make("p", reason(tokens, position), "notice"));
  if (draw && draw.stages.length) parts.push(stages(draw.stages));
  panel.replaceChildren(...parts);
  panel.hidden = false;
  root.classList.add("with-panel");
};

const reason = (tokens, position) => {
  const place = tokens.reasons[position];
  return place === undefined ? words.not_kept : strings[place];
};

const headed = (caption, ...columns) => {
  const element = make("table");
  element.append(make("caption", caption));
  const row = element.createTHead().insertRow();
  for (const column of columns) {
    const cell = make("th", column);
    cell.scope = "col";
    row.append(cell);
  }
  return [element, element.createTBody()];
};

const table = (tokens, rows) => {
  const [element, body] = headed(words.table, words.candidate, words.before, words.after);
  let rest = 1;
  const cell = (row, kind, value, note) => {
    const found = row.insertCell();
    if (note) found.append(make("span", note, "cut"));
    else found.append(bar(kind, value ?? 0), make("span", percent(value), "number"));
  };
  for (let at = 0; at < rows.length; at += 4) {
    const [coded, before, after, stage] = rows.slice(at, at + 4);
    const row = body.insertRow();
    const name = make("th", (coded < 0 ? "▸ " : "") + strings[coded < 0 ? -1 - coded : coded]);
    name.scope = "row";
    name.dir = "auto";
    row.append(name);
    if (coded < 0) row.classList.add("chosen");
    rest -= probability(before) ?? 0;
    cell(row, "before", probability(before));
    const cut = stage ? words.cut_by.replace("{stage}", strings[tokens.stages[stage - 1]]) : words.cut;
    if (after === IMPOSSIBLE) row.classList.add("out");
    cell(row, "after", probability(after), after === IMPOSSIBLE && before !== IMPOSSIBLE ? cut : "");
  }
  if (rest > 0.0005) {
    const row = body.insertRow();
    const name = make("th", words.rest);
    name.scope = "row";
    row.append(name);
    row.classList.add("rest");
    cell(row, "before", rest);
    row.insertCell();
  }
  return element;
};

const stages = (listed) => {
  const [element, body] = headed(words.stages, words.stage, words.kept, words.mass);
  for (const [name, kept, mass] of listed) {
    const row = body.insertRow();
    const cell = make("th", strings[name]);
    cell.scope = "row";
    row.append(cell);
    row.insertCell().textContent = number(kept, 0);
    row.insertCell().textContent = percent(mass);
  }
  return element;
};
