// Users: who may sign in, what they may do, and what becomes of them.

import { all, ask, pathOf, post, remove } from "../api.js";
import { el, put } from "../dom.js";
import { me } from "../shell.js";
import { busy, confirmed, say, trouble } from "../states.js";
import { t } from "../words.js";
import { cameraNames, field, openDialog, panel, showOnce, table, when } from "./parts.js";
import { scopeFields } from "./scope.js";

const COLUMNS = ["admin.name", "admin.role", "admin.cameras", "users.state", "users.last", "admin.act"];

/** The panel of users; `cameras()` gives the names of all cameras. */
export function usersPanel(cameras) {
  const body = el("div", {});
  const list = async () => {
    try {
      const users = await all("/api/v1/users");
      put(body, table(t("users.title"), COLUMNS, users.map((user) => row(user, users, cameras, list))),
        el("p", { class: "small soft panel-body" }, t("users.last_admin_note")));
    } catch (error) { put(body, trouble(error, list)); }
  };
  put(body, busy());
  list();
  return panel(t("users.title"), body,
    el("button", { type: "button", class: "main", id: "add-user", "data-key": "add-user", onclick: () => add(cameras, list) }, t("users.add")));
}

function state(user) {
  if (user.state === "disabled") return el("span", { class: "pill bad" }, t("users.disabled"));
  if (user.must_change_password) return el("span", { class: "pill care" }, t("users.must_change"));
  return el("span", { class: "pill good" }, t("users.active"));
}

const row = (user, users, cameras, list) => [
  [el("b", {}, user.name), user.name === me.name ? el("span", { class: "small soft" }, ` ${t("users.you")}`) : null],
  t(`role.${user.role}`), cameraNames(user.cameras), state(user),
  user.signed_in_at === null ? el("span", { class: "soft" }, t("users.never")) : when(user.signed_in_at),
  el("button", { type: "button", class: "small", "data-key": `user-${user.name}`, "aria-label": t("users.manage_this", { name: user.name }), onclick: () => manage(user, users, cameras, list) }, t("users.manage")),
];

/** Whether nobody could administer without this one. */
function isLast(user, users) {
  const able = users.filter((one) => one.role === "administrator" && one.state === "active" && !one.must_change_password);
  return able.length === 1 && able[0].name === user.name;
}

const reveal = (user, list) => showOnce(t("users.password_of", { name: user.name }), t("users.password_why"), user.password, list);

function add(cameras, list) {
  const name = el("input", { type: "text", id: "user-name", required: true, maxlength: 64, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const scope = scopeFields({ role: "viewer", cameras: null }, cameras());
  openDialog(t("users.add"), (close, wrong) => el("form", {
    class: "sheet", method: "dialog",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        const made = await post("/api/v1/users", { name: name.value.trim(), ...scope.read() });
        close();
        list();
        reveal(made, list);
      } catch (error) { wrong(error); }
    },
  }, field(t("admin.name"), name), el("p", { class: "small soft" }, t("admin.name_how")), scope.node, buttons(close, t("users.add_go"))));
}

const buttons = (close, go) => el("div", { class: "row" }, el("button", { type: "submit", class: "main" }, go),
  el("button", { type: "button", onclick: close }, t("act.cancel")));

function manage(user, users, cameras, list) {
  const last = isLast(user, users);
  const scope = scopeFields(user, cameras());
  const path = pathOf("/api/v1/users", user.name);
  const mine = user.name === me.name;
  openDialog(t("users.manage_this", { name: user.name }), (close, wrong) => {
    const doing = async (work) => {
      wrong(null);
      try { await work(); } catch (error) { wrong(error); return; }
      close();
      if (mine) location.reload(); // who they are is another now
      else await list();
    };
    const change = (json) => doing(() => ask("PATCH", path, { json }));
    const drawn = async () => {
      wrong(null);
      if (!(await confirmed(t("users.password_sure", { name: user.name }), t("users.password_go")))) return;
      try {
        const changed = await (await ask("PATCH", path, { json: { new_password: true } })).json();
        close();
        reveal(changed, mine ? () => location.reload() : list);
      } catch (error) { wrong(error); }
    };
    const gone = async () => {
      if (!(await confirmed(t("users.remove_sure", { name: user.name }), t("act.remove")))) return;
      doing(async () => { const gone = await remove(path); say(t("users.removed", { name: user.name, count: gone.tokens_ended })); });
    };
    const off = user.state === "active";
    return el("div", { class: "stack" },
      last ? el("p", { class: "note care" }, t("users.last_admin")) : null,
      el("form", {
        class: "sheet", method: "dialog",
        onsubmit: (event) => {
          event.preventDefault();
          const { role, cameras: chosen } = scope.read();
          change(chosen === null ? { role, all_cameras: true } : { role, cameras: chosen });
        },
      }, scope.node, buttons(close, t("users.change_go"))),
      el("div", { class: "acts apart" },
        el("button", { type: "button", class: "small", id: "new-password", disabled: last, onclick: drawn }, t("users.password_new")),
        el("button", { type: "button", class: "small", id: "disable", disabled: last && off, onclick: () => change({ state: off ? "disabled" : "active" }) }, t(off ? "users.disable" : "users.enable")),
        el("button", { type: "button", class: "small danger", id: "remove-user", disabled: last, onclick: gone }, t("act.remove"))),
      el("p", { class: "small soft" }, t("users.disable_what")));
  });
}
