// Erases a person, by the tracks that somebody confirmed; legal holds, and erasures of the past.

import { forAdministrators } from "../admin/gate.js";
import { field, panel } from "../admin/parts.js";
import { ask } from "../api.js";
import { el, put } from "../dom.js";
import { chosenTracks, namesIn } from "../erase/chosen.js";
import { holdsPanel } from "../erase/holds.js";
import { pastPanel } from "../erase/past.js";
import { follow, outcome } from "../erase/progress.js";
import "../shell.js";
import { confirmed, empty, trouble } from "../states.js";
import { t, tn } from "../words.js";

const LETTERS = 1000;
const names = el("textarea", { id: "names", rows: 3, spellcheck: "false", placeholder: "camera/run/1" });
const reason = el("input", { type: "text", id: "reason", required: true, maxlength: LETTERS, autocomplete: "off" });
const forCase = el("input", { type: "text", id: "for-case", maxlength: LETTERS, autocomplete: "off" });
const go = el("button", { type: "submit", class: "main danger", id: "erase" }, t("erase.go"));
const none = empty(t("erase.none"), t("erase.none_how"));
const told = el("div", { id: "told", "aria-live": "polite" });
const last = el("form", { class: "sheet", method: "dialog", id: "erasing", onsubmit: erase },
  el("div", { class: "row" }, field(t("erase.reason"), reason), field(t("erase.case"), forCase)),
  el("p", { class: "small soft" }, t("erase.what")), el("div", { class: "row" }, go));
const chosen = chosenTracks(() => {
  none.hidden = chosen.size() > 0;
  last.hidden = chosen.size() === 0;
  const count = chosen.ticked().length;
  go.disabled = count === 0;
  go.textContent = count ? tn("erase.go_count", count) : t("erase.go");
});
const holds = holdsPanel((held) => chosen.held(held));
const past = pastPanel();

const adding = () => el("form", {
  class: "sheet", method: "dialog", id: "adding",
  onsubmit: (event) => {
    event.preventDefault();
    const found = namesIn(names.value);
    if (found.length === 0) { put(told, trouble(t("erase.no_names"))); return; }
    put(told);
    names.value = "";
    chosen.add(found, true);
  },
}, field(t("erase.names"), names), el("p", { class: "small soft" }, t("erase.names_how")),
el("div", { class: "row" }, el("button", { type: "submit", id: "add-names" }, t("erase.add"))));

async function erase(event) {
  event.preventDefault();
  const tracks = chosen.ticked();
  if (!(await confirmed(tn("erase.sure", tracks.length), t("erase.sure_go")))) return;
  const over = new AbortController();
  go.disabled = true;
  put(told, el("p", {}, t("erase.begun")));
  const showing = follow(told, over.signal);
  let result;
  try {
    const answer = await ask("POST", "/api/v1/erasures", { json: { tracks, reason: reason.value.trim(), case: forCase.value.trim() } });
    result = outcome(await answer.json());
    chosen.clear();
  } catch (error) { result = trouble(error); }
  over.abort();
  await showing;
  put(told, result);
  told.scrollIntoView({ block: "nearest" });
  go.disabled = chosen.ticked().length === 0;
  await Promise.all([holds.look(), past.look()]);
}

const page = forAdministrators();
if (page) {
  put(page, el("div", { class: "stack" },
    panel(t("erase.title"), el("div", { class: "panel-body stack" }, adding(), none, chosen.node, last, told)),
    holds.node, past.node));
  chosen.clear();
  // A hit leads here with its track, and with the others that are probably of the same person.
  const asked = new URLSearchParams(location.hash.slice(1));
  const sure = namesIn(asked.getAll("track").join(" "));
  const maybe = namesIn(asked.getAll("maybe").join(" "));
  await Promise.all([holds.look(), past.look()]);
  await chosen.add(sure, true);
  await chosen.add(maybe, false);
  document.body.dataset.ready = "yes";
  await follow(told); // one that somebody began elsewhere
}
