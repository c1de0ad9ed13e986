// Pieces that the pages of administration share: panels, tables, dialogs, instants with their zone.

import { el, put } from "../dom.js";
import { trouble } from "../states.js";
import { asDate, language, t } from "../words.js";

const instant = new Intl.DateTimeFormat(language, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
  hourCycle: "h23", timeZoneName: "short",
});

/** An instant by this browser's clock, with the name of its zone. */
export const when = (at) => el("time", { datetime: asDate(at).toISOString() }, instant.format(asDate(at)));

export const panel = (title, body, ...end) => el("section", { class: "panel" },
  el("div", { class: "panel-head" }, el("h2", {}, title), end.length ? el("div", { class: "end acts" }, end) : null), body);

/** A table of `columns` (keys of messages); on a phone each row is a card. */
export const table = (label, columns, rows) =>
  el("table", { class: "cards", "aria-label": label },
    el("thead", {}, el("tr", {}, columns.map((key) => el("th", { scope: "col" }, t(key))))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, at) => el("td", { "data-label": t(columns[at]) }, el("div", {}, cell)))))));

export const cameraNames = (cameras) => (cameras === null ? t("admin.all_cameras") : cameras.join(", "));

/** A field with its label. */
export const field = (label, input) => el("label", { class: "field" }, el("span", {}, label), input);

/**
 * Open a dialog; `fill(close, wrong)` gives what stands in it, and `wrong` takes an error to show.
 * When it closes, whoever opened it has the focus again, also where the page was drawn anew meanwhile.
 */
export function openDialog(title, fill) {
  const opener = document.activeElement;
  const key = opener?.dataset?.key;
  const troubles = el("div", { role: "alert" });
  const dialog = el("dialog", { class: "form", "aria-label": title });
  const close = () => dialog.close();
  const wrong = (error) => put(troubles, error ? trouble(error) : null);
  dialog.addEventListener("close", () => {
    dialog.remove();
    const back = opener?.isConnected ? opener : key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    (back || document.getElementById("main")).focus();
  });
  dialog.append(el("div", { class: "stack" }, el("h2", {}, title), troubles, fill(close, wrong)));
  document.body.append(dialog);
  dialog.showModal();
  return { close, wrong };
}

/** Show a secret that is shown this once; `next` goes on when it was put away. */
export function showOnce(title, why, secret, next = () => {}) {
  openDialog(title, (close) => {
    const told = el("span", { role: "status", class: "small" });
    return el("div", { class: "stack" }, el("p", {}, why),
      el("code", { class: "secret", id: "secret", tabindex: 0 }, secret), told,
      el("div", { class: "row" },
        el("button", {
          type: "button", class: "main", id: "copy",
          onclick: async () => {
            try { await navigator.clipboard.writeText(secret); put(told, t("admin.copied")); } catch { put(told, t("admin.copy_by_hand")); }
          },
        }, t("admin.copy")),
        el("button", { type: "button", id: "put-away", onclick: () => { close(); next(); } }, t("admin.put_away"))));
  });
}

/** Give the browser a file that was made here. */
export function giveFile(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
