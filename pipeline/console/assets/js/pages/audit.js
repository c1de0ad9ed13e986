// The audit, for administrators: who asked what and why, what came back, and whether all of it is as it was written.

import { forAdministrators } from "../admin/gate.js";
import { field, giveFile, panel, table } from "../admin/parts.js";
import { post } from "../api.js";
import { chainPanel } from "../audit/chain.js";
import { COLUMNS, cells, KINDS, nameOf } from "../audit/entry.js";
import { el, put } from "../dom.js";
import "../shell.js";
import { busy, empty, trouble } from "../states.js";
import { t, tn } from "../words.js";

const PAGE = 50;
const LETTERS = 1000;
const body = el("div", {});
const told = el("p", { class: "small soft", role: "status", id: "shown-count" });
const more = el("button", { type: "button", id: "more", hidden: true, onclick: () => load(false) }, t("audit.more"));
const save = el("button", { type: "button", class: "small", id: "export", disabled: true, onclick: exported }, t("audit.export"));
let entries = [];
let next = null;
let turn = 0;

const input = (id, type = "text") => el("input", { type, id: `by-${id}`, name: id, maxlength: type === "text" ? LETTERS : null, step: type === "text" ? null : 1, autocomplete: "off" });
const kinds = el("select", { id: "by-what", name: "what" }, el("option", { value: "" }, t("audit.any")),
  KINDS.map((kind) => [nameOf(kind), kind]).sort(([one], [other]) => one.localeCompare(other)).map(([name, kind]) => el("option", { value: kind }, name)));
const fields = { who: input("who"), what: kinds, since: input("since", "datetime-local"), until: input("until", "datetime-local"), case: input("case"), words: input("words"), track: input("track") };

function form() {
  return el("form", {
    class: "sheet panel-body", method: "dialog", id: "filters", role: "search", "aria-label": t("audit.filters"),
    onsubmit: (event) => { event.preventDefault(); load(true); },
    onreset: () => setTimeout(() => load(true)),
  }, el("div", { class: "row" }, Object.entries(fields).map(([name, node]) => field(t(`audit.by_${name}`), node))),
  el("div", { class: "row" }, el("button", { type: "submit", class: "main" }, t("audit.show")), el("button", { type: "reset" }, t("act.clear"))));
}

function asked(after) {
  const asking = { count: PAGE };
  for (const [name, node] of Object.entries(fields)) {
    const text = node.value.trim();
    if (text) asking[name === "case" ? "of_case" : name] = name === "since" || name === "until" ? new Date(text).getTime() / 1000 : text;
  }
  if (after !== null) asking.after = after;
  return asking;
}

async function load(fresh) {
  turn += 1;
  const mine = turn;
  if (fresh) { entries = []; next = null; put(body, busy()); }
  more.disabled = true;
  try {
    const page = await post("/api/v1/audit/search", asked(next));
    if (mine !== turn) return;
    entries = [...entries, ...page.entries];
    next = page.next;
    draw();
  } catch (error) {
    if (mine === turn) { put(body, trouble(error, () => load(true))); more.hidden = true; }
  }
  more.disabled = false;
}

function draw() {
  put(body, entries.length === 0 ? empty(t("audit.none"), t("audit.none_how"))
    : el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("audit.title") }, table(t("audit.title"), COLUMNS, entries.map(cells))));
  told.textContent = tn("audit.count", entries.length);
  more.hidden = next === null;
  save.disabled = entries.length === 0;
}

function exported() {
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  giveFile(`descry-audit-${entries[entries.length - 1].n}-${entries[0].n}.jsonl`, lines, "application/jsonl");
}

const page = forAdministrators();
if (page) {
  // What another page leads here with stands behind #, which no log sees.
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    if (name in fields) fields[name].value = value;
  }
  put(page, el("div", { class: "stack" }, chainPanel(), panel(t("audit.filters"), form()),
    panel(t("audit.title"), el("div", {}, body, el("div", { class: "panel-body acts" }, more, told)), save)));
  await load(true);
  document.body.dataset.ready = "yes";
}
