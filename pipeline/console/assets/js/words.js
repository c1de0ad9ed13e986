// The messages of the language that the page was drawn in.

export const language = document.documentElement.lang;
const answer = await fetch(`/assets/messages/${language}.json`);
const messages = await answer.json();
const plurals = new Intl.PluralRules(language);

/** The message `key` with `{name}` filled in. */
export function t(key, values = {}) {
  const text = messages[key];
  if (text === undefined) throw new Error(`no message ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The message for so many: `key.one` or `key.other`. */
export const tn = (key, count, values = {}) =>
  t(`${key}.${plurals.select(count) === "one" ? "one" : "other"}`, { count: number(count), ...values });

/** The message `key`, or `fallback` where a word of the API has none. */
export const tOr = (key, fallback) => (key in messages ? messages[key] : fallback);

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { year: "numeric", month: "short", day: "numeric" });

/** The time of day of an instant (ISO 8601 or Unix seconds), as this browser's clock shows it. */
export const timeOf = (instant) => clock.format(asDate(instant));
export const dayOf = (instant) => day.format(asDate(instant));
export const instantOf = (instant) => `${dayOf(instant)}, ${timeOf(instant)}`;
export const asDate = (instant) => new Date(typeof instant === "number" ? instant * 1000 : instant);
export const secondsOf = (instant) => asDate(instant).getTime() / 1000;

/** A span of time in its largest units. */
export function spanOf(seconds) {
  if (seconds < 1) return t("span.ms", { count: number(seconds * 1000) });
  if (seconds < 90) return t("span.s", { count: number(seconds, seconds < 10 ? 1 : 0) });
  if (seconds < 5400) return t("span.min", { count: number(seconds / 60) });
  if (seconds < 172800) return t("span.h", { count: number(seconds / 3600, 1) });
  return t("span.d", { count: number(seconds / 86400, 1) });
}

export function bytesOf(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) { bytes /= 1000; step += 1; }
  return `${number(bytes, bytes < 10 && step ? 1 : 0)} ${units[step]}`;
}

/** A chance in a word: people read words, and compare numbers. */
export function chanceWord(chance) {
  if (chance >= 0.85) return t("chance.very_likely");
  if (chance >= 0.5) return t("chance.likely");
  if (chance >= 0.2) return t("chance.possible");
  if (chance >= 0.05) return t("chance.unlikely");
  return t("chance.very_unlikely");
}
export const percent = (share) => new Intl.NumberFormat(language, { style: "percent" }).format(share);
