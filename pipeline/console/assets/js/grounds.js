// Why somebody looks, and for which case: noted with everything they ask, until the browser is closed or they sign out.

import { el, put } from "./dom.js";
import { t } from "./words.js";

const KEPT = "descry.grounds";
const HEADERS = { reason: "X-Descry-Reason", case: "X-Descry-Case" };
const LONGEST = 1000;
const changed = new EventTarget();

/** What was told: `{reason, case}`. */
export function told() {
  try { return JSON.parse(sessionStorage.getItem(KEPT)) || {}; } catch { return {}; }
}

function tell(more) {
  sessionStorage.setItem(KEPT, JSON.stringify({ ...told(), ...more }));
  changed.dispatchEvent(new Event("told"));
}

/** Headers of a request, with what was typed. */
export function grounds() {
  const now = told();
  return Object.fromEntries(
    Object.entries(HEADERS).filter(([name]) => now[name]).map(([name, header]) => [header, now[name]]),
  );
}

export const forgetGrounds = () => sessionStorage.removeItem(KEPT);

/** Have a field show what is kept and keep what is typed. */
function bind(field, name) {
  field.value = told()[name] || "";
  field.addEventListener("input", () => tell({ [name]: field.value.trim() }));
  changed.addEventListener("told", () => { if (document.activeElement !== field) field.value = told()[name] || ""; });
}

/** The reason once more, where something is about to leave. */
export function reasonField() {
  const field = el("input", { type: "text", name: "reason", maxlength: LONGEST, autocomplete: "off", required: isRequired });
  bind(field, "reason");
  return el("label", { class: "field" }, el("span", {}, t("grounds.reason")), field);
}

/** Have the two fields of the page's head show and keep what was typed. */
export function keepGrounds(form) {
  if (!form) return;
  const panel = form.parentElement;
  const label = panel.querySelector("summary span");
  const mark = () => {
    const now = told();
    panel.classList.toggle("set", Boolean(now.reason || now.case));
    label.textContent = [t("grounds.title"), now.reason, now.case].filter(Boolean).join(" · ");
  };
  mark();
  for (const name of Object.keys(HEADERS)) bind(form.elements[name], name);
  changed.addEventListener("told", mark);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("reason-required", () => { demand(); });
}

let isRequired = false;
let asking = null;

/** Ask for a reason in the middle of the page; resolves once one is told, or put off. */
export function demand() {
  asking ??= new Promise((resolve) => {
    const fields = Object.fromEntries(Object.keys(HEADERS).map((name) => [name, el("input", {
      type: "text", id: `ask-${name}`, maxlength: LONGEST, autocomplete: "off", required: name === "reason", value: told()[name] || null,
    })]));
    const dialog = el("dialog", { class: "form", id: "grounds-asked", "aria-labelledby": "grounds-heading" });
    const answered = (event) => {
      event.preventDefault();
      if (!fields.reason.value.trim()) { fields.reason.value = ""; fields.reason.reportValidity(); return; }
      tell(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value.trim()])));
      dialog.close();
    };
    put(dialog, el("form", { class: "sheet", method: "dialog", onsubmit: answered },
      el("h2", { id: "grounds-heading" }, t("grounds.reason")), el("p", {}, t("grounds.demanded")),
      Object.entries(fields).map(([name, field]) => el("label", { class: "field" }, el("span", {}, t(`grounds.${name}`)), field)),
      el("p", { class: "small soft" }, t("grounds.note")),
      el("div", { class: "row" }, el("button", { type: "submit", class: "main" }, t("grounds.go")),
        el("button", { type: "button", onclick: () => dialog.close() }, t("grounds.later")))));
    dialog.addEventListener("close", () => { dialog.remove(); asking = null; resolve(); });
    document.body.append(dialog);
    dialog.showModal();
    fields.reason.focus();
  });
  return asking;
}

/** Where this installation needs a reason, ask for it before a page asks for anything. */
export async function needGrounds(required) {
  isRequired = required;
  if (required && !told().reason) await demand();
}

/** Wait until a reason or case is told. */
export const whenTold = () => new Promise((resolve) => { changed.addEventListener("told", resolve, { once: true }); });
