// API tokens: what programs show instead of a password.

import { all, pathOf, post, remove } from "../api.js";
import { el, put } from "../dom.js";
import { busy, confirmed, empty, say, trouble } from "../states.js";
import { asDate, t, tn } from "../words.js";
import { cameraNames, field, openDialog, panel, showOnce, table, when } from "./parts.js";
import { scopeFields } from "./scope.js";

const COLUMNS = ["admin.name", "admin.role", "admin.cameras", "tokens.expires", "tokens.used", "tokens.by", "admin.act"];
const DAY_S = 86400;
const DAYS = [7, 30, 90, 365];

/** The panel of tokens; `cameras()` gives the names of all cameras. */
export function tokensPanel(cameras) {
  const body = el("div", {});
  const list = async () => {
    try {
      const tokens = await all("/api/v1/tokens");
      put(body, tokens.length === 0 ? empty(t("tokens.none"), t("tokens.none_how"))
        : table(t("tokens.title"), COLUMNS, tokens.map((token) => row(token, list))));
    } catch (error) { put(body, trouble(error, list)); }
  };
  put(body, busy());
  list();
  return panel(t("tokens.title"), body,
    el("button", { type: "button", class: "main", id: "make-token", "data-key": "make-token", onclick: () => make(cameras, list) }, t("tokens.make")));
}

function expiry(token) {
  if (token.expires_at === null) return t("tokens.forever");
  const over = asDate(token.expires_at) <= new Date();
  return over ? el("span", { class: "pill bad" }, t("tokens.expired")) : when(token.expires_at);
}

const row = (token, list) => [
  el("b", {}, token.name), t(`role.${token.role}`), cameraNames(token.cameras), expiry(token),
  token.used_at === null ? el("span", { class: "soft" }, t("tokens.unused")) : when(token.used_at),
  token.owner === null ? t("tokens.nobodys", { name: token.created_by }) : token.owner,
  el("button", { type: "button", class: "small danger", "aria-label": t("tokens.revoke_this", { name: token.name }), onclick: () => revoke(token, list) }, t("tokens.revoke")),
];

async function revoke(token, list) {
  if (!(await confirmed(t("tokens.revoke_sure", { name: token.name }), t("tokens.revoke")))) return;
  try {
    await remove(pathOf("/api/v1/tokens", token.id));
    say(t("tokens.revoked", { name: token.name }));
  } catch (error) { say(error.message); }
  await list();
  document.getElementById("make-token").focus();
}

function make(cameras, list) {
  const name = el("input", { type: "text", id: "token-name", required: true, maxlength: 64, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const expires = el("select", { id: "token-expires" },
    DAYS.map((days) => el("option", { value: days * DAY_S, selected: days === 90 }, tn("tokens.days", days))),
    el("option", { value: "" }, t("tokens.forever")));
  const scope = scopeFields({ role: "viewer", cameras: null }, cameras());
  openDialog(t("tokens.make"), (close, wrong) => el("form", {
    class: "sheet", method: "dialog",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        const asked = { name: name.value.trim(), ...scope.read(), expires_s: expires.value ? Number(expires.value) : null };
        const made = await post("/api/v1/tokens", asked);
        close();
        list();
        showOnce(t("tokens.text_of", { name: made.name }), t("tokens.text_why"), made.token);
      } catch (error) { wrong(error); }
    },
  }, field(t("admin.name"), name), el("p", { class: "small soft" }, t("admin.name_how")), scope.node, field(t("tokens.expires"), expires),
  el("div", { class: "row" }, el("button", { type: "submit", class: "main" }, t("tokens.make_go")),
    el("button", { type: "button", onclick: close }, t("act.cancel")))));
}
