// What a part of a page shows while there is nothing, not yet, or nothing more to be had.

import { byId, el } from "./dom.js";
import { t } from "./words.js";

export const busy = (text = t("state.busy")) => el("div", { class: "busy", role: "status" }, text);

/** Nothing is here, and what to do about it. */
export const empty = (title, text, ...more) => el("div", { class: "empty" }, el("strong", {}, title), text, ...more);

/** What went wrong, and a way to try again. */
export function trouble(error, again) {
  const what = error instanceof Error ? error.message : String(error);
  return el("div", { class: "note bad", role: "alert" },
    el("strong", {}, t("trouble.title")), what,
    again ? el("div", {}, el("button", { type: "button", class: "small", onclick: again }, t("trouble.again"))) : null);
}

/** Say something for a few seconds at the edge of the page. */
export function say(...what) {
  const toast = el("div", { class: "toast" }, ...what);
  byId("toasts").append(toast);
  setTimeout(() => toast.remove(), 7000);
}

/** Ask before something is done that cannot be undone. */
export function confirmed(question, yes) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { class: "form", "aria-label": question });
    const end = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    dialog.append(
      el("div", { class: "stack" }, el("p", {}, question),
        el("div", { class: "row" },
          el("button", { type: "button", class: "main", onclick: () => end(true) }, yes),
          el("button", { type: "button", onclick: () => end(false) }, t("act.cancel")))));
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); end(false); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
