// Who is signed in: what they may do, their password, and where else they are signed in.

import { cameraNames, field, panel, table, when } from "../admin/parts.js";
import { ask, get, keepCsrf, remove } from "../api.js";
import { byId, el, put } from "../dom.js";
import { me } from "../shell.js";
import { busy, confirmed, say, trouble } from "../states.js";
import { t, tn } from "../words.js";

const LETTERS = 12;
const places = el("div", {});
const end = el("button", { type: "button", class: "small danger", id: "end-others", hidden: true, onclick: endOthers }, t("account.end_others"));

function who() {
  return panel(t("account.who"), el("dl", { class: "facts panel-body" },
    el("dt", {}, t("admin.name")), el("dd", {}, me.name),
    el("dt", {}, t("admin.role")), el("dd", {}, `${t(`role.${me.role}`)}: ${t(`may.${me.role}`)}`),
    el("dt", {}, t("admin.cameras")), el("dd", {}, cameraNames(me.cameras))));
}

async function seats() {
  try {
    const list = await get("/api/v1/sessions");
    end.hidden = list.length < 2;
    put(places, table(t("account.sessions"), ["account.begun", "account.used", "account.ends"], list.map((one) => [
      [one.begun_at === null ? "–" : when(one.begun_at), one.is_this ? el("span", { class: "pill good" }, t("account.this")) : null],
      when(one.used_at), when(one.expires_at)])));
  } catch (error) { put(places, trouble(error, seats)); }
}

async function endOthers() {
  if (!(await confirmed(t("account.end_sure"), t("account.end_others")))) return;
  try {
    const { ended } = await remove("/api/v1/sessions");
    say(tn("account.ended", ended));
  } catch (error) { say(error.message); }
  await seats();
  byId("main").focus();
}

function password() {
  const input = (id, kind) => el("input", { type: "password", id, autocomplete: kind, required: true, minlength: kind === "new-password" ? LETTERS : null, maxlength: 256 });
  const [old, fresh, again] = [input("old", "current-password"), input("new", "new-password"), input("again", "new-password")];
  const told = el("div", { role: "alert" });
  return panel(t("account.password"), el("form", {
    class: "sheet panel-body", method: "dialog", id: "password",
    onsubmit: async (event) => {
      event.preventDefault();
      if (fresh.value !== again.value) { put(told, trouble(t("sign_in.differ"))); again.select(); return; }
      try {
        const answer = await ask("POST", "/api/v1/session/password", { json: { old: old.value, new: fresh.value }, stay: true });
        keepCsrf((await answer.json()).csrf);
        event.target.reset();
        put(told, el("p", { class: "note good" }, t("account.password_set")));
        await seats();
      } catch (error) { put(told, trouble(error)); old.select(); }
    },
  }, el("input", { type: "text", autocomplete: "username", value: me.name, hidden: true, "aria-hidden": "true" }),
  told, field(t("account.old"), old), field(t("sign_in.new"), fresh), field(t("sign_in.again"), again),
  el("p", { class: "small soft" }, t("account.password_how")),
  el("button", { type: "submit", class: "main" }, t("sign_in.change_go"))));
}

put(places, busy());
put(byId("page"), el("div", { class: "split" },
  el("div", { class: "stack" }, who(), panel(t("account.sessions"), places, end)), password()));
await seats();
document.body.dataset.ready = "yes";
