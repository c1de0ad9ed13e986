// The chips below the search box: where and when to look.

import { el, put } from "../dom.js";
import { number, t } from "../words.js";

const MOST_LEGS = 5;

function chip(label, isSet, ...drop) {
  return el("details", { class: isSet ? "chip set" : "chip" },
    el("summary", {}, el("span", {}, label)), el("div", { class: "drop" }, ...drop));
}

function choices(state, name, known, title, changed) {
  const chosen = state[name];
  const label = chosen.length === 0 ? title : chosen.length === 1 ? chosen[0] : `${title} · ${number(chosen.length)}`;
  const boxes = known.map((one) => el("label", { class: "check" },
    el("input", {
      type: "checkbox", checked: chosen.includes(one),
      onchange: (event) => {
        state[name] = event.target.checked ? [...chosen, one] : chosen.filter((other) => other !== one);
        changed(name);
      },
    }), one));
  return chip(label, chosen.length > 0,
    boxes.length ? boxes : el("p", { class: "small soft" }, t("filter.none_known")),
    chosen.length ? el("button", { type: "button", class: "small", onclick: () => { state[name] = []; changed(name); } }, t("filter.clear")) : null);
}

const PRESETS = [["-3600", "filter.hour"], ["-86400", "filter.day"], ["-604800", "filter.week"]];

function time(state, changed) {
  const preset = PRESETS.find(([value]) => value === state.since);
  const label = preset && !state.until ? t(preset[1])
    : state.since || state.until ? [state.since.replace("T", " "), state.until.replace("T", " ")].join(" – ") : t("filter.time");
  const field = (name) => el("label", { class: "field" }, el("span", {}, t(`filter.${name}`)),
    el("input", {
      type: "datetime-local", step: 1, value: state[name].startsWith("-") ? "" : state[name],
      onchange: (event) => { state[name] = event.target.value; changed("time"); },
    }));
  return chip(label, Boolean(state.since || state.until), el("div", { class: "stack" },
    el("div", { class: "presets" }, PRESETS.map(([value, key]) =>
      el("button", {
        type: "button", class: "small", "aria-pressed": state.since === value ? "true" : "false",
        onclick: () => { state.since = value; state.until = ""; changed("time"); },
      }, t(key)))),
    field("since"), field("until"),
    el("button", { type: "button", class: "small", onclick: () => { state.since = state.until = ""; changed("time"); } }, t("filter.any_time"))));
}

function path(state, cameras, changed) {
  const label = state.then.length ? t("filter.then_set", { cameras: state.then.map((leg) => leg.camera).join(", ") }) : t("filter.then");
  const legs = state.then.map((leg, at) => el("div", { class: "row" },
    el("label", { class: "field" }, el("span", {}, t("filter.then_camera", { number: at + 1 })),
      el("select", { onchange: (event) => { leg.camera = event.target.value; changed("then"); } },
        cameras.map((one) => el("option", { value: one, selected: one === leg.camera }, one)))),
    el("label", { class: "field" }, el("span", {}, t("filter.within")),
      el("input", {
        type: "number", min: 1, max: 1440, step: 1, value: Math.round(leg.within_s / 60) || 1,
        onchange: (event) => { leg.within_s = Math.min(1440, Math.max(1, Number(event.target.value) || 1)) * 60; changed("then"); },
      })),
    el("button", { type: "button", class: "small", "aria-label": t("filter.then_remove", { number: at + 1 }), onclick: () => { state.then.splice(at, 1); changed("then"); } }, "×")));
  return chip(label, state.then.length > 0, el("div", { class: "stack" },
    el("p", { class: "small soft" }, t("filter.then_why")), legs,
    state.then.length < MOST_LEGS && cameras.length
      ? el("button", { type: "button", class: "small", onclick: () => { state.then.push({ camera: cameras[0], within_s: 600 }); changed("then"); } }, t("filter.then_add"))
      : null));
}

/**
 * Draw the chips into `node`, and again whenever one changes; the one at work stays open.
 * `known` has lists of names: cameras, collections, zones.
 */
export function drawFilters(node, state, known, { changed, end }) {
  const draw = (open = null) => {
    const again = (name) => { draw(name); changed(); };
    const chips = {
      cameras: choices(state, "cameras", known.cameras, t("filter.cameras"), again),
      time: time(state, again),
      zones: choices(state, "zones", known.zones, t("filter.zones"), again),
      collections: choices(state, "collections", known.collections, t("filter.collections"), again),
      then: path(state, known.cameras, again),
    };
    if (known.zones.length === 0 && state.zones.length === 0) delete chips.zones;
    const active = document.activeElement?.closest?.(".chip");
    const at = active ? [...active.querySelectorAll("input, select, button")].indexOf(document.activeElement) : -1;
    put(node, Object.values(chips),
      el("button", {
        type: "button", class: "round", "aria-pressed": state.live ? "true" : "false",
        onclick: () => { state.live = !state.live; again("live"); node.querySelector(".round").focus(); },
      }, t("filter.live")),
      el("span", { class: "end" }, end()));
    if (open && chips[open]) {
      chips[open].open = true;
      const fields = chips[open].querySelectorAll("input, select, button");
      (fields[Math.min(at, fields.length - 1)] ?? chips[open].querySelector("summary")).focus();
    }
  };
  draw();
  return draw;
}
