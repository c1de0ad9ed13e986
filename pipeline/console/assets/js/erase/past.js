// Erasures of the past, as the audit knows them: by whom, when, how many, and no names.

import { panel, table, when } from "../admin/parts.js";
import { get } from "../api.js";
import { el, put } from "../dom.js";
import { busy, empty, trouble } from "../states.js";
import { number, t } from "../words.js";

const COLUMNS = ["audit.when", "audit.who", "past.tracks", "past.outcome", "audit.reason", "audit.case"];
const COUNT = 40;

/** The panel, and `look()` to read them anew. */
export function pastPanel() {
  const body = el("div", {});
  async function look() {
    try {
      const { entries } = await get(`/api/v1/audit?what=erasure&count=${COUNT}`);
      const ended = entries.filter((one) => one.phase === "answered");
      put(body, ended.length === 0 ? empty(t("past.none"), t("past.none_how")) : table(t("past.title"), COLUMNS, ended.map(row)));
    } catch (error) { put(body, trouble(error, look)); }
  }
  put(body, busy());
  return { look, node: panel(t("past.title"), el("div", {}, body, el("p", { class: "small soft panel-body" }, t("past.note")))) };
}

const row = (one) => [
  when(one.at), el("b", {}, one.who), Array.isArray(one.asked.tracks) ? number(one.asked.tracks.length) : "–",
  one.outcome === "200" || one.outcome === "done" ? el("span", { class: "pill good" }, t("past.done")) : el("span", { class: "pill bad" }, t("audit.refused", { outcome: one.outcome })),
  one.reason || "–", one.case || "–",
];
