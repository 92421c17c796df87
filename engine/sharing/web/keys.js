// Mouse, touch and keys, and the two choices of the header.
const tokenAt = (target) => {
  const span = target instanceof Element && target.closest("main .token");
  return span ? [Number(span.closest("article").dataset.message), Number(span.dataset.token)] : null;
};
main.addEventListener("pointerover", (event) => {
  const at = event.pointerType === "mouse" && !(cursor && cursor.pinned) && tokenAt(event.target);
  if (at) open(...at, false, false);
});
main.addEventListener("click", (event) => {
  const at = tokenAt(event.target);
  if (at) open(...at, true, true);
});

const replies = () => path().filter((index) => messages[index].count);

const step = (by) => {
  const all = replies();
  if (!cursor) {
    const focused = document.activeElement.closest("article");
    const visible = all.find((index) => articles.get(index).getBoundingClientRect().bottom > 0) ?? all[0];
    const start = focused && all.includes(Number(focused.dataset.message)) ? Number(focused.dataset.message) : visible;
    if (start !== undefined) open(start, by > 0 ? 0 : messages[start].count - 1, true, true);
    return;
  }
  const { message, token } = cursor;
  if (token + by >= 0 && token + by < messages[message].count) return open(message, token + by, true, true);
  const next = all[all.indexOf(message) + by];
  if (next !== undefined) open(next, by > 0 ? 0 : messages[next].count - 1, true, true);
};

// The token nearest to the cursor's column on the next line, in the same reply or the one after it. The column is that
// of the first step, so that up leads back to where down came from.
const stepLine = (by) => {
  const from = cursor.span.getClientRects()[0] ?? cursor.span.getBoundingClientRect();
  const column = cursor.column ?? from.left;
  const arrive = (best) => {
    open(...best.place, true, true);
    cursor.column = column;
  };
  const all = replies();
  for (let at = all.indexOf(cursor.message), token = cursor.token + by, line = null, best = null; ; token += by) {
    const span = all[at] === undefined ? null : spanOf(all[at], token);
    if (!span || !span.dataset.token) {
      if (best) return arrive(best);
      at += by;
      if (all[at] === undefined) return;
      token = by > 0 ? -1 : messages[all[at]].count;
      continue;
    }
    const rect = span.getClientRects()[0];
    if (!rect || (by > 0 ? rect.top < from.bottom - 2 : rect.bottom > from.top + 2) && all[at] === cursor.message) continue;
    if (line === null) line = rect;
    else if (Math.abs(rect.top - line.top) > line.height / 2) return arrive(best);
    const distance = Math.abs(rect.left - column);
    if (!best || distance < best.distance) best = { distance, place: [all[at], token] };
  }
};

const turnByKey = (by) => {
  const shown = path();
  const focused = document.activeElement.closest("article");
  const here = cursor ? cursor.message : focused ? Number(focused.dataset.message) : null;
  const upTo = here === null ? shown : shown.slice(0, shown.indexOf(here) + 1);
  const found = upTo.filter((index) => siblings(index).length > 1).pop();
  if (found !== undefined) turn(found, by);
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, summary")) return;
  const actions = {
    ArrowRight: () => step(1), ArrowLeft: () => step(-1), "]": () => turnByKey(1), "[": () => turnByKey(-1),
    ...(cursor ? { ArrowDown: () => stepLine(1), ArrowUp: () => stepLine(-1), Escape: close } : {}),
  };
  if (!Object.hasOwn(actions, event.key)) return;
  event.preventDefault();
  actions[event.key]();
});

const choice = (name, options, start, changed) => {
  const element = document.getElementById(name);
  for (const [value, label] of options) element.append(new Option(label, value, false, value === start));
  element.disabled = false;
  element.addEventListener("change", () => changed(element.value));
};
choice("theme", data.themes, "system", (value) => { root.dataset.theme = value; });
choice("tint", data.tints, tint, (value) => {
  tint = value;
  showLegend();
  for (const [index, element] of articles) {
    if (!messages[index].count || waiting.has(index)) continue;
    for (const span of element.querySelectorAll(".token")) paint(span, tokensOf(index), Number(span.dataset.token));
  }
});

window.addEventListener("beforeprint", fillAll);
showLegend();
show();
