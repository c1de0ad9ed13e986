// Cases: hits that were kept together, with notes; their evidence as a pack.

import { post } from "../api.js";
import { allCases, casesAfter, fits } from "../cases/all.js";
import { doing, showCase } from "../cases/detail.js";
import { byId, el, put } from "../dom.js";
import "../shell.js";
import { busy, empty, trouble } from "../states.js";
import { instantOf, t, tn } from "../words.js";

const parts = { list: el("div", { id: "case-list", "aria-live": "polite" }), detail: el("div", { id: "case" }) };
const filter = el("input", { type: "search", id: "case-filter", placeholder: t("case.filter"), "aria-label": t("case.filter") });
let cases = [];
let next = null;
let shown = null;

const row = (one) => el("li", { class: "job", "data-case": one.id },
  el("div", { class: "line" }, el("b", {}, one.title), el("span", { class: `pill end ${one.status === "open" ? "good" : ""}` }, t(`case.${one.status}`))),
  el("div", { class: "line small soft" }, el("span", {}, tn("case.items", one.count), " · ", instantOf(one.created_at)),
    el("button", {
      type: "button", class: "small end", "aria-label": t("case.open_this", { title: one.title }), "aria-pressed": String(one.id === shown),
      onclick: async () => { await show(one.id); byId("case-heading")?.focus(); },
    }, t("act.open"))));

const more = () => doing(async () => {
  const page = await casesAfter(next);
  cases.push(...page.cases);
  next = page.next;
  draw();
});

function draw() {
  const text = filter.value.trim();
  const fitting = cases.filter((one) => fits(one, text));
  put(parts.list,
    cases.length === 0 ? empty(t("case.none"), t("case.none_how"))
      : fitting.length ? el("ul", { class: "cases" }, fitting.map(row)) : empty(t("case.none_fits"), t("case.none_fits_how")),
    next ? el("div", { class: "panel-body" }, el("button", { type: "button", id: "more-cases", onclick: more }, t("case.more"))) : null);
}

async function list() {
  try {
    ({ cases, next } = filter.value.trim() ? { cases: await allCases(), next: null } : await casesAfter(null));
    draw();
    if (!shown && cases.length) await show(cases[0].id);
  } catch (error) { put(parts.list, trouble(error, list)); }
}

// A text is looked for in every case, not in those alone that were fetched.
filter.addEventListener("input", () => doing(async () => {
  if (next && filter.value.trim()) { next = null; cases = await allCases(); }
  draw();
}));

async function show(id) {
  if (shown !== id) put(parts.detail);
  shown = id;
  draw();
  await showCase(parts.detail, id, { changed: list, gone: async () => { shown = null; put(parts.detail); await list(); } });
}

function form() {
  const title = el("input", { type: "text", id: "case-title", maxlength: 200, required: true });
  const notes = el("textarea", { rows: 3, maxlength: 10000 });
  return el("form", {
    class: "sheet panel-body", method: "dialog",
    onsubmit: (event) => {
      event.preventDefault();
      doing(async () => {
        const made = await post("/api/v1/cases", { title: title.value, notes: notes.value });
        event.target.reset();
        shown = made.id;
        await Promise.all([list(), show(made.id)]);
      });
    },
  }, el("label", { class: "field" }, el("span", {}, t("case.title")), title),
  el("label", { class: "field" }, el("span", {}, t("case.notes")), notes),
  el("button", { type: "submit", class: "main" }, t("case.begin")));
}

put(byId("page"), el("div", { class: "split" }, parts.detail, el("div", { class: "stack" },
  el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("case.all"))), el("div", { class: "panel-body" }, filter), parts.list),
  el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("case.new"))), form()))));
put(parts.list, busy());
await list();
document.body.dataset.ready = "yes";
