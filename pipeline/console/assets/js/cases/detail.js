// One case: its words, its hits, what may be done with it.

import { all, ask, pathOf, remove } from "../api.js";
import { el, put } from "../dom.js";
import { me } from "../shell.js";
import { busy, confirmed, empty, say, trouble } from "../states.js";
import { instantOf, number, t, tn } from "../words.js";
import { itemRow } from "./item.js";
import { packForm } from "./pack.js";

/** Do it, and say what went wrong. */
export async function doing(work) {
  try { await work(); } catch (error) { say(error.message); }
}

function edit(one, again) {
  const title = el("input", { type: "text", maxlength: 200, required: true, value: one.title });
  const notes = el("textarea", { rows: 3, maxlength: 10000 });
  notes.value = one.notes;
  return el("details", { class: "fold" }, el("summary", {}, t("case.edit")), el("form", {
    class: "sheet", method: "dialog",
    onsubmit: (event) => {
      event.preventDefault();
      doing(async () => { await ask("PATCH", pathOf("/api/v1/cases", one.id), { json: { title: title.value, notes: notes.value } }); await again(); });
    },
  }, el("label", { class: "field" }, el("span", {}, t("case.title")), title),
  el("label", { class: "field" }, el("span", {}, t("case.notes")), notes),
  el("div", {}, el("button", { type: "submit" }, t("case.save")))));
}

const administers = () => me.role === "administrator";

/** Of a button that is administrators' alone; `#case-who` says so to the others. */
const guarded = () => (administers() ? {} : { disabled: true, "aria-describedby": "case-who" });

/** Holding is for operators, releasing for administrators. */
function holding(one, again) {
  const held = one.items.filter((each) => each.held).length;
  const hold = async (method) => { await ask(method, pathOf("/api/v1/cases", one.id, "hold")); await again(); };
  const release = async () => { if (await confirmed(t("case.release_sure", { title: one.title }), t("case.release"))) doing(() => hold("DELETE")); };
  return [
    one.items.length > held ? el("button", { type: "button", class: "small", id: "hold", onclick: () => doing(() => hold("PUT")) }, t("case.hold")) : null,
    held ? el("button", { type: "button", class: "small", id: "release", disabled: !administers(), "aria-describedby": "hold-words", onclick: release }, t("case.release")) : null,
  ];
}

function holdWords(one) {
  const held = one.items.filter((each) => each.held).length;
  const words = held === 0 ? t("case.hold_why") : tn("case.held_count", held);
  return el("p", { class: "small soft", id: "hold-words" }, words, held && !administers() ? ` ${t("case.release_who")}` : "");
}

async function forget(one, acts) {
  if (!(await confirmed(t("case.sure", { title: one.title }), t("act.remove")))) return;
  doing(async () => { await remove(pathOf("/api/v1/cases", one.id)); await acts.gone(); });
}

/** Texts that were changed since, with who wrote them. */
const history = (one) => el("details", { class: "fold small", id: "case-history" }, el("summary", {}, t("case.history")),
  el("ul", {}, one.history.map((was) => el("li", {},
    el("span", { class: "soft" }, `${instantOf(was.at)} · ${was.by} · ${t(`case.was_${was.field}`)}${was.item === null ? "" : ` ${number(was.item)}`} `),
    el("span", { class: "words-of-people" }, was.text || "–")))));

function draw(one, again, acts) {
  const isOpen = one.status === "open";
  const change = (what) => doing(async () => { await ask("PATCH", pathOf("/api/v1/cases", one.id), { json: what }); await again(); });
  return el("section", { class: "panel", "aria-labelledby": "case-heading" },
    el("div", { class: "panel-head" }, el("h2", { id: "case-heading", tabindex: -1 }, one.title), el("span", { class: isOpen ? "pill good" : "pill" }, t(`case.${one.status}`)),
      el("span", { class: "end small soft" }, t("case.begun", { name: one.created_by, instant: instantOf(one.created_at) }))),
    el("div", { class: "panel-body stack" },
      one.notes ? el("p", { class: "words-of-people" }, one.notes) : null,
      one.closed_by ? el("p", { class: "small soft" }, t("case.closed_by", { name: one.closed_by, instant: instantOf(one.closed_at) })) : null,
      el("div", { class: "acts" }, holding(one, again),
        el("button", { type: "button", class: "small", id: "close-case", ...(isOpen ? {} : guarded()), onclick: () => change({ status: isOpen ? "closed" : "open" }) }, t(isOpen ? "case.close" : "case.reopen")),
        isOpen ? el("button", { type: "button", class: "small danger", id: "forget-case", ...guarded(), onclick: () => forget(one, acts) }, t("act.remove")) : null),
      administers() ? null : el("p", { class: "small soft", id: "case-who" }, t(isOpen ? "case.remove_who" : "case.reopen_who")),
      one.items.length ? holdWords(one) : null,
      one.items.length ? packForm(one.id) : null,
      isOpen ? edit(one, again) : null,
      one.history.length ? history(one) : null),
    one.items.length
      ? el("ul", { class: "items" }, one.items.map((each) => itemRow(each, one.id, isOpen, { doing, again })))
      : empty(t("case.empty"), t("case.empty_how"), el("div", {}, el("a", { class: "button", href: "/" }, t("page.search")))));
}

/** Show a case in `node`; `acts` has `changed()` and `gone()`. */
export async function showCase(node, id, acts) {
  if (!node.firstElementChild) put(node, busy());
  const again = async () => { await showCase(node, id, acts); acts.changed(); };
  try {
    put(node, draw(await all(pathOf("/api/v1/cases", id), "items"), again, acts));
  } catch (error) { put(node, trouble(error, () => showCase(node, id, acts))); }
}
