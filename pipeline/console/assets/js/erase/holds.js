// Legal holds: what is kept past retention, and not erased.

import { field, openDialog, panel, table, when } from "../admin/parts.js";
import { all, ask, pathOf } from "../api.js";
import { el, put } from "../dom.js";
import { busy, empty, say, trouble } from "../states.js";
import { t, tn } from "../words.js";
import { namesIn } from "./chosen.js";

const COLUMNS = ["holds.track", "holds.since", "holds.copies", "holds.why", "admin.act"];
const LETTERS = 1000;

/** The panel, and `look()` to read them anew; `changed(names)` hears which are held. */
export function holdsPanel(changed) {
  const body = el("div", {});
  async function look() {
    try {
      const holds = await all("/api/v1/holds");
      changed(holds.map((one) => one.track));
      put(body, holds.length === 0 ? empty(t("holds.none"), t("holds.none_how")) : table(t("holds.title"), COLUMNS, holds.map((one) => row(one, look))));
    } catch (error) { put(body, trouble(error, look)); }
  }
  put(body, busy());
  return {
    look,
    node: panel(t("holds.title"), body,
      el("button", { type: "button", class: "small", id: "add-hold", "data-key": "add-hold", onclick: () => add(look) }, t("holds.add"))),
  };
}

const row = (one, look) => [
  el("code", { class: "wrap" }, one.track), when(one.since), tn("holds.pictures", one.pictures.length),
  el("a", { href: `/audit#${new URLSearchParams({ track: one.track, what: "hold" })}` }, t("holds.see_why")),
  el("button", { type: "button", class: "small danger", "aria-label": t("holds.lift_this", { track: one.track }), onclick: () => lift(one.track, look) }, t("holds.lift")),
];

/** A form with a reason, which is noted in the audit with what is asked. */
function reasoned(title, about, go, kind, work) {
  const reason = el("input", { type: "text", id: "hold-reason", required: true, maxlength: LETTERS, autocomplete: "off" });
  openDialog(title, (close, wrong) => el("form", {
    class: "sheet", method: "dialog",
    onsubmit: async (event) => {
      event.preventDefault();
      try { await work({ "X-Descry-Reason": encodeURIComponent(reason.value.trim()) }); } catch (error) { wrong(error); return; }
      close();
    },
  }, about, field(t("holds.reason"), reason), el("p", { class: "small soft" }, t("holds.reason_why")),
  el("div", { class: "row" }, el("button", { type: "submit", class: kind }, go), el("button", { type: "button", onclick: close }, t("act.cancel")))));
}

function lift(track, look) {
  reasoned(t("holds.lift_this", { track }), el("p", {}, t("holds.lift_what")), t("holds.lift"), "main", async (headers) => {
    await ask("DELETE", pathOf("/api/v1/holds", track), { headers });
    say(t("holds.lifted", { track }));
    await look();
    document.getElementById("add-hold").focus();
  });
}

function add(look) {
  const name = el("input", { type: "text", id: "hold-track", required: true, autocomplete: "off", spellcheck: "false", placeholder: "camera/run/1" });
  reasoned(t("holds.add"), el("div", { class: "stack" }, el("p", { class: "small soft" }, t("holds.add_what")), field(t("holds.track"), name)), t("holds.add_go"), "main", async (headers) => {
    const [track] = namesIn(name.value);
    if (!track) throw new Error(t("erase.no_names"));
    await ask("PUT", pathOf("/api/v1/holds", track), { headers });
    say(t("holds.added", { track }));
    await look();
  });
}
