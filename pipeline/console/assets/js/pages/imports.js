// Recordings: sent from this browser, or taken from a folder of the server; how far each is.

import { all, pathOf, post, remove } from "../api.js";
import { byId, el, put } from "../dom.js";
import { may, me } from "../shell.js";
import { busy, confirmed, empty, say, trouble } from "../states.js";
import { upload } from "../imports/upload.js";
import { bytesOf, instantOf, number, percent, t, tn } from "../words.js";

const EVERY_MS = 1000;
const NAME = "[a-z0-9][a-z0-9_\\-]{0,63}";
const parts = { jobs: el("div", { id: "jobs" }), collections: el("div", {}), files: el("div", {}) };
const uploads = new Map();
let cameras = [];

/** `Entrance Hall.MP4` is of the camera `entrance-hall`, until somebody says otherwise. */
const asName = (file) => file.replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9_-]+/g, "-").replace(/^[^a-z0-9]+/, "").slice(0, 64) || "camera";

function job(one) {
  const share = one.frames_total ? Math.min(one.frames / one.frames_total, 1) : null;
  const kind = { done: "good", failed: "bad" }[one.state] ?? "care";
  return el("div", { class: "job", "data-state": one.state },
    el("div", { class: "line" }, el("b", {}, one.source), el("span", { class: `pill ${kind} end` }, t(`import.${one.state}`))),
    one.state === "reading" ? el("progress", { max: 1, value: share, "aria-label": t("import.progress", { name: one.source }) }) : null,
    el("div", { class: "small soft" }, `${one.camera} · ${one.collection}`,
      one.state === "reading" ? ` · ${share === null ? tn("import.frames", one.frames) : percent(share)}` : "",
      one.state === "done" ? ` · ${one.known ? t("import.known") : tn("import.tracks", one.tracks)}` : ""),
    one.state === "failed" ? el("p", { class: "small", role: "alert", lang: "en" }, one.reason) : null);
}

function sending(one) {
  return el("div", { class: "job" },
    el("div", { class: "line" }, el("b", {}, one.name), el("span", { class: "end soft" }, t("import.sent", { done: bytesOf(one.done), total: bytesOf(one.size) })),
      el("button", { type: "button", class: "small", "aria-label": t("import.stop_sending", { name: one.name }), onclick: () => one.stop.abort() }, t("act.cancel"))),
    el("progress", { max: one.size, value: one.done, "aria-label": t("import.progress", { name: one.name }) }));
}

let seen = "";
async function look() {
  const jobs = await all("/api/v1/imports");
  const now = JSON.stringify([jobs, [...uploads.values()].map((one) => one.done)]);
  if (now === seen) return jobs;
  const finished = jobs.filter((one) => one.state === "done").length;
  if (!seen || finished !== look.finished) { look.finished = finished; collections(); }
  seen = now;
  put(parts.jobs, jobs.length + uploads.size ? [[...uploads.values()].map(sending), jobs.map(job)] : empty(t("import.none"), t("import.none_how")));
  return jobs;
}

async function forever() {
  try { await look(); } catch (error) { seen = ""; put(parts.jobs, trouble(error, forever)); return; }
  setTimeout(forever, EVERY_MS);
}

async function collections() {
  try {
    const list = await all("/api/v1/collections");
    put(parts.collections, list.length === 0 ? empty(t("collection.none"), t("collection.none_how")) : el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("collection.title") }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("collection.name")), el("th", { scope: "col" }, t("collection.cameras")),
        el("th", { scope: "col", class: "number" }, t("collection.tracks")), el("th", { scope: "col", class: "number" }, t("collection.bytes")),
        el("th", { scope: "col" }, t("collection.times")), el("th", { scope: "col" }, el("span", { class: "unseen" }, t("act.remove"))))),
      el("tbody", {}, list.map((one) => el("tr", {},
        el("td", {}, one.collection), el("td", { class: "small" }, one.cameras.join(", ")), el("td", { class: "number" }, number(one.tracks)),
        el("td", { class: "number" }, one.bytes === null ? "–" : bytesOf(one.bytes)),
        el("td", { class: "small soft" }, one.first_captured_at ? `${instantOf(one.first_captured_at)} – ${instantOf(one.last_captured_at)}` : ""),
        el("td", {}, one.collection === "live" || !may("administrator") ? null : el("button", { type: "button", class: "small danger", "aria-label": t("collection.remove_this", { name: one.collection }), onclick: () => forget(one) }, t("act.remove")))))))));
  } catch (error) { put(parts.collections, trouble(error, collections)); }
}

async function forget(one) {
  if (!(await confirmed(tn("collection.sure", one.tracks, { name: one.collection }), t("act.remove")))) return;
  try {
    await remove(pathOf("/api/v1/collections", one.collection));
    say(t("collection.removed", { name: one.collection }));
    collections();
  } catch (error) { say(error.message); }
}

async function send(file, asked) {
  const one = { name: file.name, size: file.size, done: 0, stop: new AbortController() };
  uploads.set(one, one);
  try {
    const id = await upload(file, (done) => { one.done = done; }, one.stop.signal);
    await post("/api/v1/imports", { ...asked, upload: id });
  } catch (error) {
    if (error.name !== "AbortError") say(`${file.name}: ${error.message}`);
  } finally {
    uploads.delete(one);
    look();
  }
}

async function start(path, asked) {
  try { await post("/api/v1/imports", { ...asked, path }); look(); } catch (error) { say(error.message); }
}

function form(folders) {
  const file = el("input", { type: "file", id: "file", accept: "video/*,.mkv,.avi,.mp4,.mov,.ts,.dav", class: "unseen", tabindex: -1 });
  const camera = el("input", { type: "text", id: "camera", pattern: NAME, required: true, list: "cameras", autocomplete: "off" });
  const collection = el("input", { type: "text", id: "collection", pattern: NAME, required: true, value: "imports" });
  const begins = el("input", { type: "datetime-local", id: "start", step: 1 });
  const boxes = el("input", { type: "checkbox", id: "keep-boxes", checked: true });
  const path = el("select", { id: "path" }, el("option", { value: "" }, t("import.choose_server")), folders.map((one) => el("option", { value: one.path }, `${one.path} (${bytesOf(one.bytes)})`)));
  let chosen = null;
  const label = el("span", { id: "chosen" }, t("import.drop"));
  const take = (next) => {
    if (!next) return;
    chosen = next;
    path.value = "";
    label.textContent = `${next.name} · ${bytesOf(next.size)}`;
    if (!camera.value) camera.value = asName(next.name);
  };
  file.addEventListener("change", () => take(file.files[0]));
  path.addEventListener("change", () => { chosen = null; label.textContent = t("import.drop"); if (!camera.value && path.value) camera.value = asName(path.value.split("/").pop()); });
  const zone = el("div", { class: "drop-zone" }, label, el("button", { type: "button", class: "small", id: "choose", onclick: () => file.click() }, t("import.choose")), file);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); zone.classList.remove("over"); take(event.dataTransfer.files[0]); });
  return el("form", {
    class: "sheet panel-body", method: "dialog",
    onsubmit: (event) => {
      event.preventDefault();
      const asked = { camera: camera.value, collection: collection.value, keep_boxes: boxes.checked, start: begins.value ? new Date(begins.value).toISOString() : null };
      if (chosen) send(chosen, asked);
      else if (path.value) start(path.value, asked);
      else { say(t("import.what")); return; }
      chosen = null;
      file.value = path.value = camera.value = "";
      label.textContent = t("import.drop");
    },
  }, zone,
  el("label", { class: "unseen", for: "file" }, t("import.choose")),
  folders.length ? el("label", { class: "field" }, el("span", {}, t("import.server")), path) : el("p", { class: "small soft" }, t(me?.cameras ? "import.own_cameras" : "import.no_folders")),
  el("div", { class: "row" },
    el("label", { class: "field" }, el("span", {}, t("import.camera")), camera),
    el("label", { class: "field" }, el("span", {}, t("import.collection")), collection)),
  el("datalist", { id: "cameras" }, cameras.map((one) => el("option", { value: one }))),
  el("label", { class: "field" }, el("span", {}, t("import.start")), begins),
  el("p", { class: "small soft" }, t("import.start_why")),
  el("label", { class: "check" }, boxes, t("import.keep_boxes")),
  el("button", { type: "submit", class: "main" }, t("import.go")));
}

const place = el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("import.new"))), busy());
put(byId("page"), el("div", { class: "split" },
  el("div", { class: "stack" },
    el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("import.title"))), parts.jobs),
    el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, t("collection.title"))), parts.collections)),
  place));
put(parts.jobs, busy());
forever();
try {
  // Who may see some cameras is shown no folder, which holds those of all.
  const [files, known] = await Promise.all([me?.cameras ? [] : all("/api/v1/imports/files"), all("/api/v1/cameras")]);
  cameras = known.map((one) => one.camera);
  put(place, place.firstElementChild, form(files));
} catch (error) { put(place, place.firstElementChild, el("div", { class: "panel-body" }, trouble(error))); }
document.body.dataset.ready = "yes";
