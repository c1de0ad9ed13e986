// The answer: what it comes to, a question back, and a grid of people.

import { byId, el, meter, put } from "../dom.js";
import { chanceWord, dayOf, language, number, percent, t, timeOf, tn } from "../words.js";
import { drawNobody, table } from "./coverage.js";
import { drawTimeline } from "./timeline.js";

const MARKS = { yes: ["✓", "yes"], no: ["✗", "no"], "cannot tell": ["?", "unsure"] };

/** What the shots say of each phrase. */
export const marks = (evidence) => el("div", { class: "marks" }, evidence.map((one) => {
  const [sign, kind] = MARKS[one.verdict] ?? MARKS["cannot tell"];
  return el("span", { class: `mark ${kind}` }, el("span", { "aria-hidden": "true" }, sign),
    el("span", { class: "unseen" }, `${t(`verdict.${kind}`)}: `), el("span", { lang: "en" }, one.phrase));
}));

export const chance = (hit) => (hit.probability === null
  ? el("div", { class: "chance" }, el("b", {}, t("chance.none")), el("span", { class: "percent" }, t("chance.score", { score: number(hit.score, 2) })))
  : el("div", {}, el("div", { class: "chance" }, el("b", {}, chanceWord(hit.probability)), el("span", { class: "percent" }, percent(hit.probability))),
    meter(hit.probability)));

export function picture(url, alt, kind = "picture") {
  const image = el("img", { class: kind, src: url, alt, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(el("span", { class: "gone" }, t("picture.gone"))));
  return image;
}

/** Hits by person: the best one stands for them, the others follow it. */
function groups(answer) {
  const by = new Map();
  for (const hit of answer.hits) {
    const name = hit.person || hit.track;
    if (!by.has(name)) by.set(name, []);
    by.get(name).push(hit);
  }
  return [...by.values()];
}

function card(hits, state, open) {
  const [hit, ...others] = hits;
  const judged = state.more.includes(hit.track) ? " judged-yes" : state.less.includes(hit.track) ? " judged-no" : "";
  const name = `${hit.probability === null ? "" : `${chanceWord(hit.probability)}, ${percent(hit.probability)}, `}${hit.camera}, ${dayOf(hit.first_seen_at)} ${timeOf(hit.first_seen_at)}`;
  return el("article", { class: `card${judged}` },
    el("button", { type: "button", class: "open", "aria-label": t("hit.open", { name }), "data-track": hit.track, onclick: () => open(hit) },
      picture(hit.thumbnail, "")),
    hit.live ? el("span", { class: "live-mark" }, t("hit.live")) : null,
    el("div", { class: "text" },
      chance(hit),
      el("div", { class: "place" }, el("b", {}, hit.camera), el("time", { datetime: hit.first_seen_at, title: dayOf(hit.first_seen_at) }, timeOf(hit.first_seen_at))),
      hit.evidence.length ? marks(hit.evidence) : null,
      hit.path.length > 1 ? el("div", { class: "small soft" }, hit.path.map((step) => step.camera).join(" → ")) : null,
      others.length ? el("div", { class: "also" }, el("span", {}, t("hit.also")), others.slice(0, 4).map((other) =>
        el("button", { type: "button", "aria-label": t("hit.open", { name: `${other.camera}, ${timeOf(other.first_seen_at)}` }), onclick: () => open(other) }, picture(other.thumbnail, "", "")))) : null));
}

function arrows(grid) {
  grid.addEventListener("keydown", (event) => {
    const cards = [...grid.querySelectorAll(".open")];
    const at = cards.indexOf(document.activeElement);
    if (at < 0) return;
    const columns = cards.filter((one) => one.getBoundingClientRect().top === cards[0].getBoundingClientRect().top).length || 1;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: cards.length - 1 - at }[event.key];
    if (step === undefined || !cards[at + step]) return;
    event.preventDefault();
    cards[at + step].focus();
  });
}

function notes(answer) {
  if (answer.notes.length === 0) return null;
  return el("details", { class: "note care" }, el("summary", {}, tn("outcome.notes", answer.notes.length)),
    el("ul", { lang: language === "en" ? null : "en" }, answer.notes.map((note) => el("li", { class: "small" }, note))));
}

const MAY_FIT = 0.2;

/** People who may fit, and the rest; all may where nobody can judge. */
function parted(people) {
  const may = people.filter(([hit]) => hit.probability === null || hit.probability >= MAY_FIT);
  return [may, people.filter((one) => !may.includes(one))];
}

export function drawAnswer(answer, state, { open, reply }) {
  const people = groups(answer);
  const [may, rest] = parted(people);
  const { hits, coverage, question } = answer;
  put(byId("outcome"),
    answer.no_match || hits.length === 0
      ? drawNobody(answer)
      : el("div", { class: "outcome" },
        el("h2", {}, may.length ? tn("outcome.people", may.length) : t("outcome.nobody_sure")),
        el("span", { class: "soft" }, tn("outcome.hits", hits.length), " · ", tn("outcome.searched", coverage.shots_searched))),
    question ? el("div", { class: "ask-back", role: "group", "aria-label": t("question.title") },
      el("strong", { lang: "en" }, question.text),
      el("button", { type: "button", class: "small", onclick: () => reply(`${question.id}=yes`) }, t("question.yes")),
      el("button", { type: "button", class: "small", onclick: () => reply(`${question.id}=no`) }, t("question.no"))) : null);
  const gridOf = (some) => (some.length ? el("div", { class: "grid" }, some.map((one) => card(one, state, open))) : null);
  const grid = el("div", { class: "stack" }, gridOf(may),
    rest.length ? el("h2", { class: "divider" }, tn("outcome.rest", rest.length)) : null, gridOf(rest));
  arrows(grid);
  const timeline = el("div", { class: "panel timeline", hidden: true });
  put(byId("results"), el("div", { class: "stack" }, hits.length ? timeline : null, hits.length ? grid : null, notes(answer),
    hits.length && !answer.no_match && coverage.cameras.length
      ? el("details", { class: "panel" }, el("summary", { class: "panel-head" }, t("coverage.title")), table(coverage)) : null));
  drawTimeline(timeline, hits, coverage, open);
}
