// One entry of the audit, in words. All of it may be other people's words: it only ever becomes text.

import { when } from "../admin/parts.js";
import { el } from "../dom.js";
import { number, t, tn, tOr } from "../words.js";

/** What the audit knows how to name; a name that is not here is shown as it is. */
export const KINDS = [
  "search", "clip", "clip-fetch", "picture", "sheet", "camera-picture", "track", "tracks", "why", "boxes", "alerts", "alerts-stream",
  "alerts-undelivered", "alerts-resend", "watch", "watch-test", "watches", "watch-remove", "import", "upload", "collection-remove",
  "cases", "case", "case-open", "case-change", "case-remove", "case-hold", "case-hold-release", "case-item-add", "case-item-note",
  "case-item-remove", "evidence", "evidence-fetch", "erasure", "holds", "hold", "hold-release", "camera-add", "camera-remove",
  "camera-pause", "camera-resume", "travel-learn", "reindex", "audit", "audit-check", "sign-in", "sign-out", "sign-out-others", "password-change",
  "users", "user-add", "user-change", "user-remove", "tokens", "token-create", "token-revoke",
  "search-save", "search-forget", "evidence-made", "alert-sent", "refused", "audit-settings", "audit-aged",
];

export const nameOf = (what) => tOr(`noted.${what}`, what);

const SHORT = 120;
const LITTLE = 48;
const IN_LINE = 3;
const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const short = (text) => (text.length > SHORT ? `${text.slice(0, SHORT)}…` : text);

function outcome(entry) {
  if (entry.phase === "asked") return el("span", { class: "pill" }, t("audit.asked"));
  const good = entry.outcome === "done" || /^[23]/.test(entry.outcome);
  return el("span", { class: `pill ${good ? "good" : "bad"}` }, good ? t("audit.answered") : t("audit.refused", { outcome: entry.outcome || "–" }));
}

function cameras(entry) {
  const { cameras: several, camera } = entry.asked;
  if (Array.isArray(several) && several.length) return several.map(asText).join(", ");
  return camera === undefined ? "" : asText(camera);
}

function shown(entry) {
  const lines = Object.entries(entry.shown).map(([camera, tracks]) => {
    const shots = Object.values(tracks).reduce((sum, numbers) => sum + numbers.length, 0);
    return el("div", {}, `${camera}: ${tn("audit.people", Object.keys(tracks).length)}`, shots ? el("span", { class: "soft" }, ` · ${tn("audit.shots", shots)}`) : null);
  });
  return lines.length ? lines : el("span", { class: "soft" }, "–");
}

const others = (entry) => Object.entries(entry.asked).filter(([name]) => name !== "cameras" && name !== "camera");

/** What else was asked, where it is little: the name of a user, say. */
const inline = (entry) => {
  const few = others(entry);
  return few.length > IN_LINE || few.some(([, value]) => asText(value).length > LITTLE) ? null
    : few.map(([name, value]) => el("div", {}, el("span", { class: "soft small" }, `${name} `), asText(value)));
};

function rest(entry) {
  const more = inline(entry) ? [] : others(entry);
  const ids = Object.entries(entry.shown).flatMap(([camera, tracks]) => Object.keys(tracks).map((track) => `${camera}: ${track}`));
  const handed = Object.entries(entry.told ?? {});
  if (more.length + ids.length + handed.length === 0 && entry.of === null) return null;
  return el("details", { class: "small" }, el("summary", {}, t("audit.details")),
    el("dl", { class: "facts" },
      more.map(([name, value]) => [el("dt", {}, name), el("dd", {}, short(asText(value)))]),
      handed.map(([name, value]) => [el("dt", {}, name), el("dd", {}, short(asText(value)))]),
      entry.of === null ? null : [el("dt", {}, t("audit.of")), el("dd", {}, number(entry.of))],
      ids.length ? [el("dt", {}, t("audit.came_back")), el("dd", {}, ids.map((id) => el("div", {}, id)))] : null));
}

const named = (key, text) => (text ? el("div", {}, el("span", { class: "soft small" }, `${t(key)} `), text) : null);

export const COLUMNS = ["audit.number", "audit.when", "audit.who", "audit.what", "audit.about", "audit.grounds", "audit.came_back"];

/** The cells of an entry, in the order of `COLUMNS`. */
export const cells = (entry) => [
  number(entry.n), when(entry.at), el("b", {}, entry.who),
  [el("div", {}, nameOf(entry.what)), outcome(entry)],
  [entry.text ? el("div", {}, `“${entry.text}”`) : null, named("audit.on", cameras(entry)), inline(entry), rest(entry)],
  entry.reason || entry.case ? [named("audit.reason", entry.reason), named("audit.case", entry.case)] : el("span", { class: "soft" }, "–"),
  shown(entry),
];
