// Whether the audit is as it was written.

import { panel, when } from "../admin/parts.js";
import { post } from "../api.js";
import { el, put } from "../dom.js";
import { busy, trouble } from "../states.js";
import { number, t, tn } from "../words.js";

/** The panel; it checks at once, and when somebody asks. */
export function chainPanel() {
  const body = el("div", { class: "panel-body", "aria-live": "polite" });
  const again = el("button", { type: "button", class: "small", id: "check-audit", onclick: check }, t("audit.check"));
  async function check() {
    again.disabled = true;
    put(body, busy(t("audit.checking")));
    try {
      const found = await post("/api/v1/audit/check");
      put(body, found.whole ? whole(found) : broken(found));
    } catch (error) { put(body, trouble(error)); }
    again.disabled = false;
  }
  check();
  return panel(t("audit.chain"), body, again);
}

const key = (found) => el("code", { class: "wrap" }, found.key);

function whole(found) {
  const behind = Math.max(found.last - found.signed, 0);
  return el("div", { class: "stack", "data-whole": "yes" },
    el("p", {}, el("span", { class: "pill good" }, t("audit.whole")), " ",
      found.last < found.first ? t("audit.no_entries") : t("audit.entries", { first: number(found.first), last: number(found.last) })),
    el("dl", { class: "facts" },
      el("dt", {}, t("audit.signed")), el("dd", {}, found.signed_at === null ? t("audit.not_signed")
        : [t("audit.signed_to", { entry: number(found.signed) }), " · ", when(found.signed_at)], " · ", tn("audit.behind", behind)),
      el("dt", {}, t("audit.key")), el("dd", {}, key(found)),
      el("dt", {}, t("audit.logged")), el("dd", {}, number(found.logged)),
      found.removed ? [el("dt", {}, t("audit.aged")), el("dd", {}, number(found.removed))] : null,
      el("dt", {}, t("audit.checked")), el("dd", {}, when(found.checked_at))));
}

const broken = (found) => el("div", { class: "note bad alarm", role: "alert", "data-whole": "no" },
  el("strong", {}, t("audit.broken")),
  el("p", { lang: "en" }, found.what, found.where ? ` (${found.where})` : ""),
  el("ol", { class: "steps" }, el("li", {}, t("audit.todo_keep")), el("li", {}, t("audit.todo_verify")), el("li", {}, t("audit.todo_ask"))),
  el("p", { class: "small" }, t("audit.key"), ": ", key(found), " · ", t("audit.checked"), ": ", when(found.checked_at)));
