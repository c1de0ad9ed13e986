// Cases: hits that were kept together, with notes; their evidence as a pack.

import { all, ask, get, pathOf, post, remove } from "../api.js";
import { byId, el, put } from "../dom.js";
import "../shell.js";
import { busy, confirmed, empty, say, trouble } from "../states.js";
import { instantOf, percent, t, tn } from "../words.js";

const LOOK_MS = 1000;
const parts = { list: el("div", {}), detail: el("div", {}) };
let shown = null;

async function list() {
  try {
    const page = await all("/api/v1/cases", "cases");
    put(parts.list, page.cases.length === 0 ? empty(t("case.none"), t("case.none_how")) : el("ul", {}, page.cases.map((one) => el("li", { class: "job" },
      el("div", { class: "line" }, el("b", {}, one.title), el("span", { class: `pill end ${one.status === "open" ? "good" : ""}` }, t(`case.${one.status}`))),
      el("div", { class: "line small soft" }, tn("case.items", one.count), " · ", instantOf(one.created_at),
        el("button", { type: "button", class: "small end", "aria-label": t("case.open_this", { title: one.title }), onclick: () => show(one.id) }, t("act.open")))))));
    if (!shown && page.cases.length) show(page.cases[0].id);
  } catch (error) { put(parts.list, trouble(error, list)); }
}

async function doing(work) {
  try { await work(); } catch (error) { say(error.message); }
}

function item(one, id) {
  const note = el("textarea", { rows: 2, maxlength: 4000, "aria-label": t("case.note_of", { track: one.track }) });
  note.value = one.note;
  note.addEventListener("change", () => doing(async () => {
    await ask("PATCH", pathOf("/api/v1/cases", id, "items", one.item), { json: { note: note.value } });
    say(t("case.noted"));
  }));
  return el("li", { class: "job" },
    el("div", { class: "line" }, el("b", {}, one.camera), el("span", { class: "small soft" }, instantOf(one.first_seen_at)),
      one.shown.probability === null ? null : el("span", { class: "small" }, percent(one.shown.probability)),
      one.held ? el("span", { class: "pill good" }, t("case.held")) : null,
      el("button", { type: "button", class: "small danger end", "aria-label": t("case.take_out_this", { track: one.track }), onclick: () => doing(async () => { await remove(pathOf("/api/v1/cases", id, "items", one.item)); show(id); }) }, t("act.remove"))),
    one.shown.text ? el("p", { class: "small soft", lang: "en" }, one.shown.text) : null, note);
}

async function pack(id, node) {
  put(node, busy(t("case.packing")));
  try {
    let job = await post(pathOf("/api/v1/cases", id, "evidence"), {});
    while (job.state === "working") {
      put(node, el("progress", { max: job.total || 1, value: job.done, "aria-label": t("case.packing") }));
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      job = await get(pathOf("/api/v1/cases", id, "evidence", job.id));
    }
    if (job.state === "failed") throw new Error(job.detail);
    put(node, el("div", { class: "note good" }, el("a", { href: job.url, download: "" }, t("case.fetch")), el("p", { class: "small soft" }, tn("case.files", job.pack.files)),
      job.pack.missing.map((one) => el("p", { class: "small", lang: "en" }, one))));
  } catch (error) { put(node, trouble(error)); }
}

async function show(id) {
  shown = id;
  put(parts.detail, busy());
  try {
    const one = await all(pathOf("/api/v1/cases", id), "items");
    const result = el("div", { "aria-live": "polite" });
    const change = (what) => doing(async () => { await ask("PATCH", pathOf("/api/v1/cases", id), { json: what }); await Promise.all([show(id), list()]); });
    put(parts.detail, el("section", { class: "panel" },
      el("div", { class: "panel-head" }, el("h2", {}, one.title), el("span", { class: "end small soft" }, t("case.by", { name: one.created_by }))),
      el("div", { class: "panel-body stack" },
        one.notes ? el("p", {}, one.notes) : null,
        el("div", { class: "acts" },
          el("button", { type: "button", class: "small", onclick: () => pack(id, result) }, t("case.pack")),
          el("button", { type: "button", class: "small", onclick: () => change({ status: one.status === "open" ? "closed" : "open" }) }, t(one.status === "open" ? "case.close" : "case.reopen")),
          el("button", { type: "button", class: "small danger", onclick: async () => { if (await confirmed(t("case.sure", { title: one.title }), t("act.remove"))) doing(async () => { await remove(pathOf("/api/v1/cases", id)); shown = null; put(parts.detail); list(); }); } }, t("act.remove"))),
        result),
      one.items.length ? el("ul", {}, one.items.map((each) => item(each, id))) : empty(t("case.empty"), t("case.empty_how"), el("div", {}, el("a", { class: "button", href: "/" }, t("page.search"))))));
  } catch (error) { put(parts.detail, trouble(error, () => show(id))); }
}

function form() {
  const title = el("input", { type: "text", id: "case-title", maxlength: 200, required: true });
  const notes = el("textarea", { rows: 3, maxlength: 10000 });
  return el("form", {
    class: "sheet panel-body",
    onsubmit: (event) => {
      event.preventDefault();
      doing(async () => {
        const made = await post("/api/v1/cases", { title: title.value, notes: notes.value });
        event.target.reset();
        await Promise.all([list(), show(made.id)]);
      });
    },
  }, el("label", { class: "field" }, el("span", {}, t("case.title")), title),
  el("label", { class: "field" }, el("span", {}, t("case.notes")), notes),
  el("button", { type: "submit", class: "main" }, t("case.begin")));
}

put(byId("page"), el("div", { class: "split" }, parts.detail, el("div", { class: "stack" },
  el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("page.cases"))), parts.list),
  el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("case.new"))), form()))));
put(parts.list, busy());
list();
document.body.dataset.ready = "yes";
