// Says whom to watch for; tries it on what cameras saw before it is made.

import { all, post } from "../api.js";
import { el, put } from "../dom.js";
import { picture } from "../search/results.js";
import { busy, say, trouble } from "../states.js";
import { instantOf, number, t, tn } from "../words.js";

/** The form of a new watch; `added` is called once there is one. */
export async function watchForm(added) {
  let cameras = [];
  try { cameras = (await all("/api/v1/cameras")).map((one) => one.camera); } catch { /* the list says why */ }
  const name = el("input", { type: "text", id: "watch-name", maxlength: 100, required: true });
  const text = el("textarea", { id: "watch-text", rows: 3, maxlength: 2000, required: true, placeholder: t("example.1") });
  const budget = el("input", { type: "number", id: "watch-budget", min: 0.001, max: 1000000, step: "any", value: 1 });
  const hours = el("input", { type: "text", id: "watch-hours", placeholder: "22:00-06:00", pattern: "\\d\\d:\\d\\d-\\d\\d:\\d\\d" });
  const chosen = new Set();
  const result = el("div", { id: "watch-result", "aria-live": "polite" });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const asked = () => ({ text: text.value.trim(), cameras: [...chosen], hours: hours.value.trim(), timezone: zone, false_alarms: Number(budget.value) || 1 });

  const form = el("form", {
    class: "sheet panel-body", method: "dialog",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        const made = await post("/api/v1/watches", { name: name.value.trim(), ...asked() });
        form.reset();
        chosen.clear();
        put(result);
        say(t("watch.added", { name: made.name }));
        await added();
      } catch (error) { put(result, trouble(error)); }
    },
  },
  el("label", { class: "field" }, el("span", {}, t("watch.name")), name),
  el("label", { class: "field" }, el("span", {}, t("watch.text")), text),
  cameras.length ? el("fieldset", { class: "field cameras" }, el("legend", { class: "small soft" }, t("watch.cameras")), cameras.map((one) =>
    el("label", { class: "check" }, el("input", { type: "checkbox", onchange: (event) => (event.target.checked ? chosen.add(one) : chosen.delete(one)) }), one))) : null,
  el("div", { class: "row" },
    el("label", { class: "field" }, el("span", {}, t("watch.hours")), hours),
    el("label", { class: "field" }, el("span", {}, t("watch.false_alarms")), budget)),
  el("div", { class: "acts" },
    el("button", { type: "submit", class: "main" }, t("watch.add")),
    el("button", { type: "button", onclick: () => tryIt(asked(), result) }, t("watch.try"))),
  result);
  return el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("watch.new"))), form);
}

async function tryIt(asked, result) {
  put(result, busy(t("watch.trying")));
  try {
    const told = await post("/api/v1/watches/test", asked);
    put(result, el("div", { class: "note" },
      el("strong", {}, told.threshold === null ? t("watch.nobody") : tn("watch.would_tell", told.alerts)),
      told.alerts_per_day === null ? t("watch.no_camera") : t("watch.per_day", { count: number(told.alerts_per_day, 1) }),
      told.notes.map((note) => el("p", { class: "small", lang: "en" }, note))),
    told.best.map((one) => el("div", { class: "alert" }, picture(one.thumbnail, "", ""), el("div", {}, el("b", {}, one.camera), el("p", { class: "small soft" }, instantOf(one.seen_at))), el("span", { class: "soft" }, number(one.score, 2)))));
  } catch (error) { put(result, trouble(error)); }
}
