// One hit of a case: its picture, what was known of it, the note, and the way out.

import { ask, pathOf, remove } from "../api.js";
import { el } from "../dom.js";
import { marks, picture } from "../search/results.js";
import { confirmed, say } from "../states.js";
import { instantOf, number, percent, t, timeOf } from "../words.js";

export const NOTE_LENGTH = 4000;

function noteOf(one, id, isOpen, doing) {
  if (!isOpen) return one.note ? el("p", {}, one.note) : null;
  const note = el("textarea", { rows: 2, maxlength: NOTE_LENGTH, placeholder: t("case.note"), "aria-label": t("case.note_of", { track: one.track }) });
  note.value = one.note;
  note.addEventListener("change", () => doing(async () => {
    await ask("PATCH", pathOf("/api/v1/cases", id, "items", one.item), { json: { note: note.value } });
    say(t("case.noted"));
  }));
  return note;
}

function outOf(one, id, { doing, again }) {
  return el("button", {
    type: "button", class: "small danger end", "aria-label": t("case.take_out_this", { track: one.track }),
    onclick: async () => {
      if (!(await confirmed(t("case.take_out_sure", { camera: one.camera, instant: instantOf(one.first_seen_at) }), t("case.take_out")))) return;
      doing(async () => { await remove(pathOf("/api/v1/cases", id, "items", one.item)); await again(); });
    },
  }, t("case.take_out"));
}

/** The row of an item; `acts` has `doing(work)` and `again()`. */
export function itemRow(one, id, isOpen, acts) {
  const { shown } = one;
  const chances = shown.probability === null
    ? shown.score === null ? null : el("span", { class: "small" }, t("chance.score", { score: number(shown.score, 2) }))
    : el("span", { class: "small" }, percent(shown.probability));
  const stated = chances !== null && !one.checked ? el("span", { class: "small soft" }, t("case.stated")) : null;
  return el("li", { class: "item", "data-track": one.track },
    one.thumbnail ? picture(one.thumbnail, t("case.picture", { camera: one.camera, time: timeOf(one.first_seen_at) })) : el("span", { class: "gone" }, t("picture.gone")),
    el("div", { class: "stack" },
      el("div", { class: "line" }, el("b", {}, one.camera), el("span", { class: "small soft" }, `${instantOf(one.first_seen_at)} – ${timeOf(one.last_seen_at)}`), chances, stated,
        one.held ? el("span", { class: "pill good" }, t("case.held")) : null, isOpen ? outOf(one, id, acts) : null),
      shown.text ? el("p", { class: "small soft", lang: "en" }, shown.text) : null,
      shown.evidence.length ? marks(shown.evidence) : null,
      noteOf(one, id, isOpen, acts.doing),
      el("p", { class: "small soft" }, t("case.added", { name: one.added_by, instant: instantOf(one.added_at) }), shown.model ? ` · ${shown.model}` : "")));
}
