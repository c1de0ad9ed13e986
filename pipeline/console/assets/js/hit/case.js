// Puts a hit into a case, where this installation has cases.

import { all, pathOf, post } from "../api.js";
import { el, put } from "../dom.js";
import { say, trouble } from "../states.js";
import { t } from "../words.js";

const hasCases = () => document.querySelector('nav a[href="/cases"]') !== null;

/** A button that opens a small form; nothing without cases. */
export function keepInCase(hit, state) {
  if (!hasCases()) return null;
  return el("button", { type: "button", class: "small", id: "to-case", onclick: () => choose(hit, state) }, t("case.keep"));
}

async function choose(hit, state) {
  const dialog = el("dialog", { class: "form", "aria-label": t("case.keep") });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  try {
    const { cases } = await all("/api/v1/cases", "cases");
    form(dialog, cases.filter((one) => one.status === "open"), hit, state);
  } catch (error) {
    put(dialog, trouble(error), el("button", { type: "button", onclick: () => dialog.close() }, t("act.close")));
  }
}

function form(dialog, cases, hit, state) {
  const list = el("select", { id: "case-choice" }, cases.map((one) => el("option", { value: one.id }, one.title)));
  const note = el("textarea", { rows: 3, maxlength: 2000 });
  const wrong = el("div", { role: "alert" });
  put(dialog, el("form", {
    class: "sheet",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        const item = { hit: hit.track, note: note.value, text: state.text, score: hit.score, probability: hit.probability, evidence: hit.evidence };
        await post(pathOf("/api/v1/cases", list.value, "items"), item);
        dialog.close();
        say(t("case.kept"));
      } catch (error) { put(wrong, trouble(error)); }
    },
  },
  el("h2", {}, t("case.keep")), wrong,
  cases.length ? el("label", { class: "field" }, el("span", {}, t("case.which")), list) : el("p", {}, t("case.none_open")),
  el("label", { class: "field" }, el("span", {}, t("case.note")), note),
  el("div", { class: "row" },
    cases.length ? el("button", { type: "submit", class: "main" }, t("case.keep")) : el("a", { class: "button", href: "/cases" }, t("page.cases")),
    el("button", { type: "button", onclick: () => dialog.close() }, t("act.cancel")))));
}
