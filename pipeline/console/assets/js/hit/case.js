// Puts a hit into a case, where this installation has cases.

import { pathOf, post } from "../api.js";
import { allCases, fits } from "../cases/all.js";
import { NOTE_LENGTH } from "../cases/item.js";
import { el, put } from "../dom.js";
import { busy, say, trouble } from "../states.js";
import { t } from "../words.js";

const FILTER_FROM = 12;

const hasCases = () => document.querySelector('nav a[href="/cases"]') !== null;

/** A button that opens a small form; nothing without cases. `answer` is what the hit is of. */
export function keepInCase(hit, answer) {
  if (!hasCases()) return null;
  return el("button", { type: "button", class: "small", id: "to-case", onclick: () => choose(hit, answer) }, t("case.keep"));
}

async function choose(hit, answer) {
  const opener = document.activeElement;
  const dialog = el("dialog", { class: "form", id: "case-form", "aria-label": t("case.keep") });
  dialog.addEventListener("close", () => { dialog.remove(); opener?.focus?.(); });
  document.body.append(dialog);
  put(dialog, busy());
  dialog.showModal();
  try {
    form(dialog, (await allCases()).filter((one) => one.status === "open"), hit, answer);
  } catch (error) {
    put(dialog, trouble(error), el("button", { type: "button", onclick: () => dialog.close() }, t("act.close")));
  }
}

/** A list of cases, and above it a filter where they are many. */
function chooser(cases) {
  const list = el("select", { id: "case-choice" });
  const fill = (text) => put(list, cases.filter((one) => fits(one, text)).map((one) => el("option", { value: one.id }, one.title)));
  fill("");
  const filter = el("input", { type: "search", "aria-label": t("case.filter"), placeholder: t("case.filter"), oninput: (event) => fill(event.target.value.trim()) });
  return { list, nodes: [cases.length > FILTER_FROM ? filter : null, el("label", { class: "field" }, el("span", {}, t("case.which")), list)] };
}

// A request that the browser sends again is carried out once.
const onceEach = () => ({ headers: { "Idempotency-Key": Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("") } });

const itemOf = (hit, answer, note, isStated) => ({
  hit: hit.track, note, text: answer.query, score: hit.score, probability: hit.probability, evidence: hit.evidence, model: answer.model.id, voucher: isStated ? null : hit.voucher,
});

function form(dialog, cases, hit, answer) {
  const { list, nodes } = chooser(cases);
  const title = el("input", { type: "text", id: "case-new", maxlength: 200, required: cases.length === 0 });
  const note = el("textarea", { rows: 3, maxlength: NOTE_LENGTH });
  const wrong = el("div", { role: "alert" });
  // Where the hit is refused, the case that was begun for it is there already: no second one is.
  const begun = new Map();
  let isStated = false;
  // What another installation answered, or this one with another key, is kept as somebody's word.
  const asStated = () => el("button", { type: "button", class: "small", id: "as-stated", onclick: () => { isStated = true; wrong.closest("form").requestSubmit(); } }, t("case.as_stated"));
  const keep = async () => {
    const wanted = title.value.trim();
    if (wanted && !begun.has(wanted)) begun.set(wanted, (await post("/api/v1/cases", { title: wanted }, onceEach())).id);
    const made = wanted ? begun.get(wanted) : list.value;
    if (!made) throw new Error(t("case.none_fits"));
    await post(pathOf("/api/v1/cases", made, "items"), itemOf(hit, answer, note.value, isStated), onceEach());
  };
  put(dialog, el("form", {
    class: "sheet", method: "dialog",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        await keep();
        dialog.close();
        say(el("span", {}, t("case.kept"), " ", el("a", { href: "/cases" }, t("case.look"))));
      } catch (error) { put(wrong, trouble(error), error.code === "voucher-refused" ? asStated() : null); }
    },
  },
  el("h2", {}, t("case.keep")), wrong,
  cases.length ? nodes : el("p", {}, t("case.none_open")),
  el("label", { class: "field" }, el("span", {}, t(cases.length ? "case.or_new" : "case.title")), title),
  el("label", { class: "field" }, el("span", {}, t("case.note")), note),
  el("div", { class: "row" },
    el("button", { type: "submit", class: "main" }, t("case.keep")),
    el("button", { type: "button", onclick: () => dialog.close() }, t("act.cancel")))));
  (cases.length ? list : title).focus();
}
