// How the installation does: queues, lag, disk, GPUs, models.

import { all, get } from "../api.js";
import { byId, el, put } from "../dom.js";
import "../shell.js";
import { busy, trouble } from "../states.js";
import { bytesOf, number, percent, spanOf, t, tn, tOr } from "../words.js";

const EVERY_MS = 5000;

const tile = (key, value, more = "", bad = false) => el("div", { class: bad ? "panel tile bad" : "panel tile" },
  el("div", { class: "small soft" }, t(key)), el("div", { class: "value" }, value), el("div", { class: "small soft" }, more));

function tiles(told) {
  const { queues, index, disk } = told;
  const free = disk.total_bytes ? disk.free_bytes / disk.total_bytes : 0;
  return el("div", { class: "tiles" },
    tile("system.store", told.store_up ? t("system.up") : t("system.down"), told.store_up ? "" : t("system.down_how"), !told.store_up),
    tile("system.index", number(index.shots), tn("system.sightings", queues.sightings)),
    tile("system.lag", spanOf(index.lag_s), t("system.lag_what")),
    tile("system.waiting", number(queues.crops_pending), queues.crops_pending ? t("system.oldest", { span: spanOf(queues.crop_age_s) }) : t("system.none_wait")),
    tile("system.disk", bytesOf(disk.free_bytes), t("system.free", { share: percent(free), total: bytesOf(disk.total_bytes) }), free < 0.05),
    tile("system.damaged", number(queues.crops_damaged), "", queues.crops_damaged > 0),
    tile("system.deliveries", number(queues.deliveries_waiting), tn("system.undelivered", queues.undelivered), queues.undelivered > 0),
    told.gpus.length === 0 ? tile("system.gpu", t("system.no_gpu"), t("system.cpu"))
      : told.gpus.map((gpu) => tile("system.gpu", gpu.name, t("system.gpu_memory", { free: bytesOf(gpu.free_bytes), total: bytesOf(gpu.total_bytes) }))));
}

function models(list) {
  return el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("models.title"))),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("models.title") }, el("table", {},
      el("thead", {}, el("tr", {}, ["models.name", "models.kind", "models.state", "models.size", "models.note"].map((key) => el("th", { scope: "col" }, t(key))))),
      el("tbody", {}, list.map((one) => el("tr", {},
        el("td", {}, one.name), el("td", {}, tOr(`models.${one.kind}`, one.kind)),
        el("td", {}, one.in_use ? el("span", { class: "pill good" }, t("models.in_use")) : one.installed ? t("models.installed") : el("span", { class: "soft" }, t("models.absent"))),
        el("td", {}, one.size_bytes === null ? "" : bytesOf(one.size_bytes)),
        el("td", { class: "small soft" }, one.synthetic ? t("models.synthetic") : el("span", { lang: "en" }, one.note ?? ""))))))));
}

function collections(told) {
  const rows = Object.entries(told.disk.collections);
  if (rows.length === 0) return null;
  return el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("system.collections"))),
    el("table", {}, el("tbody", {}, rows.map(([name, bytes]) => el("tr", {}, el("td", {}, name), el("td", { class: "number" }, bytesOf(bytes)))))));
}

const parts = { now: el("div", {}), models: el("div", {}) };

async function look() {
  const told = await get("/api/v1/system");
  put(parts.now, el("div", { class: "stack" }, tiles(told), collections(told)));
}

async function forever() {
  try { await look(); } catch (error) { put(parts.now, trouble(error, forever)); return; }
  setTimeout(() => (document.hidden ? document.addEventListener("visibilitychange", forever, { once: true }) : forever()), EVERY_MS);
}

put(byId("page"), el("div", { class: "stack" }, parts.now, parts.models));
put(parts.now, busy());
forever();
try { put(parts.models, models(await all("/api/v1/models"))); } catch (error) { put(parts.models, trouble(error)); }
document.body.dataset.ready = "yes";
