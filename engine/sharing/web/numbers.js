// Numbers as a reader of the page's language writes them.
const formats = [0, 1, 2, 3, 4].map(
  (digits) => new Intl.NumberFormat(root.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
const number = (value, digits) => formats[digits].format(value);
const probability = (log) => (log === null ? null : log === IMPOSSIBLE ? 0 : Math.exp(log / UNIT));
const percent = (value) => {
  if (value === null) return words.unknown;
  const shown = value * 100;
  if (shown > 0 && shown < 0.01) return "<" + number(0.01, 2) + "%";
  return number(shown, shown >= 10 || shown === 0 ? 1 : 2) + "%";
};
const bits = (value) => (value === null ? words.unknown : number(value, 2) + " " + words.bits);
