// Five levels of each tint, each with a colour and a line of its own, and the legend that says what they mean.
// Each tint: the value of a token, and the bounds between its five levels, from calm to striking.
const TINTS = {
  probability: {
    of: (tokens, index) => probability(tokens.log[index]), bounds: [0.9, 0.5, 0.1, 0.01], falling: true,
    write: (value) => number(value * 100, 0) + "%",
  },
  surprise: {
    of: (tokens, index) => {
      const log = tokens.log[index];
      return log === null || log === IMPOSSIBLE ? null : -log / UNIT / LN2;
    }, bounds: [1, 2, 4, 8], write: (value) => number(value, 0), unit: words.bits,
  },
  entropy: {
    of: (tokens, index) => (tokens.entropy[index] === null ? null : tokens.entropy[index] / UNIT),
    bounds: [0.5, 1, 2, 4], write: (value) => number(value, value % 1 ? 1 : 0), unit: words.bits,
  },
  rank: { of: (tokens, index) => tokens.rank[index], bounds: [2, 3, 6, 21], write: (value) => String(value), whole: true },
};
let tint = "surprise";

const level = (tokens, index) => {
  const scheme = TINTS[tint];
  const value = scheme && scheme.of(tokens, index);
  if (value === null || value === undefined) return null;
  return scheme.bounds.filter((bound) => (scheme.falling ? value < bound : value >= bound)).length;
};

const paint = (span, tokens, index) => {
  const found = level(tokens, index);
  span.className = "token" + (span.classList.contains("mark") ? " mark" : "");
  if (found !== null && found !== undefined) span.classList.add("level" + found);
  if (cursor && cursor.span === span) span.classList.add("current");
};

const rangeOf = (scheme, place) => {
  const { bounds, write } = scheme;
  if (scheme.whole) {
    const low = place ? bounds[place - 1] : 1, high = place < bounds.length ? bounds[place] - 1 : null;
    if (high === null) return words.more.replace("{value}", write(low));
    return low === high ? write(low) : write(low) + words.to + write(high);
  }
  const least = scheme.falling ? words.more : words.less, most = scheme.falling ? words.less : words.more;
  if (place === 0) return least.replace("{value}", write(bounds[0]));
  if (place === bounds.length) return most.replace("{value}", write(bounds[place - 1]));
  return write(bounds[place - 1]) + words.to + write(bounds[place]);
};

const showLegend = () => {
  const scheme = TINTS[tint];
  legend.hidden = !scheme;
  legend.replaceChildren();
  if (!scheme) return;
  const list = make("ul");
  for (let place = 0; place <= scheme.bounds.length; place++) {
    const entry = make("li");
    entry.append(make("span", words.token, "token", "level" + place), " " + rangeOf(scheme, place));
    list.append(entry);
  }
  const [, name] = data.tints.find(([value]) => value === tint);
  const title = words.legend.replace("{name}", name) + (scheme.unit ? ` (${scheme.unit})` : "");
  legend.append(make("span", title + ":", "legend-title"), list);
};
