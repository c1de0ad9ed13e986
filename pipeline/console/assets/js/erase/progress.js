// How far an erasure is, and what came of it.

import { giveFile } from "../admin/parts.js";
import { get } from "../api.js";
import { el, put } from "../dom.js";
import { bytesOf, t, tn, tOr } from "../words.js";

const LOOK_MS = 700;

/** Show in `node` how far the erasure is, until `signal` says stop or none is at work; whether one was. */
export async function follow(node, signal) {
  const step = el("p", {});
  const bar = el("progress", { "aria-label": t("erase.progress") });
  let seen = false;
  for (;;) {
    let now = null;
    try { now = await get("/api/v1/erasures"); } catch { /* whoever erases says what is wrong */ }
    if (signal?.aborted || (now && !now.step && !signal)) return seen;
    if (now?.step) {
      if (!seen) { put(node, el("div", { class: "stack" }, step, bar)); seen = true; }
      step.textContent = now.total ? t("erase.searching", { done: bytesOf(now.done), total: bytesOf(now.total) }) : tOr(`erasing.${now.step}`, now.step);
      if (now.total) { bar.max = now.total; bar.value = now.done; } else bar.removeAttribute("value");
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** What an erasure did. */
export function outcome(answer) {
  const whole = answer.left.length === 0;
  return el("div", { class: whole ? "note good" : "note bad", role: "alert", id: "erased" },
    el("strong", {}, whole ? tn("erase.done", answer.count) : t("erase.left")),
    whole ? null : el("ul", { lang: "en" }, answer.left.map((one) => el("li", {}, one))),
    whole ? null : el("p", {}, t("erase.left_how")),
    el("p", {}, t("erase.counts", {
      shots: tn("erase.gone_shots", answer.messages), pictures: tn("erase.gone_pictures", answer.pictures),
      items: tn("erase.gone_items", answer.items), videos: tn("erase.gone_videos", answer.videos), bytes: bytesOf(answer.searched_bytes),
    })),
    answer.notes.length ? el("ul", { class: "small", lang: "en" }, answer.notes.map((note) => el("li", {}, note))) : null,
    answer.certificate ? el("div", { class: "stack" },
      el("div", {}, el("button", { type: "button", class: "main", id: "certificate", onclick: () => certificate(answer.certificate) }, t("erase.certificate"))),
      el("p", { class: "small" }, t("erase.certificate_how"))) : null);
}

const certificate = (signed) => giveFile(`descry-erasure-${signed.certificate.made_at.replace(/[:.]/g, "-")}.json`, `${JSON.stringify(signed, null, 1)}\n`, "application/json");
