// Who is watched for, what was told of them, as it happens.

import { all, get, pathOf, post, remove } from "../api.js";
import { byId, el, put } from "../dom.js";
import { picture } from "../search/results.js";
import { me } from "../shell.js";
import { busy, confirmed, empty, say, trouble } from "../states.js";
import { follow } from "../watch/stream.js";
import { watchForm } from "../watch/form.js";
import { instantOf, number, t, tn, timeOf } from "../words.js";

const MOST_SHOWN = 60;
const alerts = new Map();
const parts = {
  list: el("div", {}), alerts: el("div", { class: "alerts", id: "alerts" }), state: el("span", { class: "pill", id: "stream-state" }),
  lost: el("div", {}), form: el("div", {}),
};

function card(watch) {
  const where = [watch.cameras.length ? watch.cameras.join(", ") : t("watch.all_cameras"), watch.zones.join(", "), watch.hours ? `${watch.hours} ${watch.timezone}` : ""].filter(Boolean).join(" · ");
  return el("li", { class: "job" },
    el("div", { class: "line" }, el("b", {}, watch.name),
      watch.asleep ? el("span", { class: "pill care" }, t("watch.asleep")) : watch.open ? el("span", { class: "pill bad" }, tn("watch.in_view", watch.open)) : el("span", { class: "pill good" }, t("watch.awake")),
      el("button", { type: "button", class: "small danger end", "aria-label": t("watch.remove_this", { name: watch.name }), onclick: () => drop(watch) }, t("act.remove"))),
    el("p", { lang: "en" }, watch.text || t("watch.by_picture")),
    el("p", { class: "small soft" }, where, " · ", t("watch.budget", { count: number(watch.false_alarms, 2) }), watch.webhook ? ` · ${watch.webhook}` : "", watch.mqtt ? " · MQTT" : ""),
    watch.asleep ? el("p", { class: "small", lang: "en" }, watch.asleep) : null,
    watch.notes.map((note) => el("p", { class: "small soft", lang: "en" }, note)));
}

async function drop(watch) {
  if (!(await confirmed(t("watch.remove_sure", { name: watch.name }), t("act.remove")))) return;
  try {
    await remove(pathOf("/api/v1/watches", watch.id));
    say(t("watch.removed", { name: watch.name }));
    await list();
  } catch (error) { say(error.message); }
}

async function list() {
  try {
    const watches = await all("/api/v1/watches");
    put(parts.list, watches.length ? el("ul", {}, watches.map(card)) : empty(t("watch.none"), t("watch.none_how")));
  } catch (error) { put(parts.list, trouble(error, list)); }
}

function drawAlerts() {
  const shown = [...alerts.values()].sort((one, other) => (one.told_at < other.told_at ? 1 : -1)).slice(0, MOST_SHOWN);
  put(parts.alerts, shown.length ? shown.map((alert) => el("article", { class: alert.type === "end" ? "alert" : "alert open-now", "data-alert": alert.alert },
    picture(alert.thumbnail, t("alert.picture", { watch: alert.watch }), ""),
    el("div", {}, el("h3", {}, alert.watch), el("p", {}, alert.camera),
      el("p", { class: "small soft" }, instantOf(alert.seen_at), " · ", t("chance.score", { score: number(alert.score, 2) }))),
    alert.type === "end" ? el("span", { class: "pill" }, t("alert.over")) : el("span", { class: "pill bad" }, t("alert.in_view"))))
    : empty(t("alert.none"), t("alert.none_how")));
  const open = shown.filter((alert) => alert.type !== "end").length;
  const count = byId("alert-count");
  count.hidden = open === 0;
  count.textContent = open ? number(open) : "";
}

function heard(alert, fresh) {
  const known = alerts.get(alert.alert);
  if (known && known.number > alert.number) return;
  alerts.set(alert.alert, alert);
  if (fresh && alert.type === "new") say(picture(alert.thumbnail, "", ""), el("span", {}, t("alert.new", { watch: alert.watch, camera: alert.camera, time: timeOf(alert.seen_at) })));
  if (fresh) { drawAlerts(); if (alert.type !== "update") list(); }
}

async function undelivered() {
  try {
    const lost = await all("/api/v1/alerts/undelivered");
    put(parts.lost, lost.length === 0 ? null : el("section", { class: "panel" },
      el("div", { class: "panel-head" }, el("h2", {}, tn("delivery.lost", lost.length)),
        el("button", { type: "button", class: "small end", onclick: async () => { try { await post("/api/v1/alerts/undelivered/resend", { ids: [] }); say(t("delivery.again")); undelivered(); } catch (error) { say(error.message); } } }, t("delivery.resend"))),
      el("ul", {}, lost.slice(0, 20).map((one) => el("li", { class: "job" }, el("b", {}, one.to), el("span", { class: "small soft", lang: "en" }, one.reason),
        el("span", { class: "small soft" }, `${one.alert.watch} · ${instantOf(one.failed_at)} · ${tn("delivery.attempts", one.attempts)}`))))));
  } catch (error) { put(parts.lost, trouble(error, undelivered)); }
}

function draw() {
  put(byId("page"), el("div", { class: "split" },
    el("div", { class: "stack" },
      el("section", { class: "panel", "aria-label": t("alert.title") }, el("div", { class: "panel-head" }, el("h2", {}, t("alert.title")), el("span", { class: "end" }, parts.state)), parts.alerts),
      parts.lost),
    el("div", { class: "stack" },
      el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("watch.title"))), parts.list),
      parts.form)));
}

draw();
put(parts.list, busy());
if (me?.role !== "viewer" || !me.name) put(parts.form, await watchForm(list));
await Promise.all([list(), undelivered()]);
let after = "";
try {
  // Pages of what was told, the oldest first; the stream goes on behind the last of them.
  for (let page = await get("/api/v1/alerts?count=1000"); ; page = await get(`/api/v1/alerts?count=1000&after=${encodeURIComponent(page.next)}`)) {
    page.alerts.forEach((alert) => { heard(alert, false); after = alert.id; });
    if (!page.next) break;
  }
} catch (error) { say(error.message); }
drawAlerts();
follow(after, (alert) => heard(alert, true), (state, why) => {
  parts.state.className = state === "on" ? "pill good" : "pill care";
  parts.state.textContent = why ? `${t(`stream.${state}`)} · ${why}` : t(`stream.${state}`);
});
document.body.dataset.ready = "yes";
