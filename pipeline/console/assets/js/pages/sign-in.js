import { ask, get, keepCsrf, post } from "../api.js";
import { byId, put } from "../dom.js";
import "../shell.js";
import { trouble } from "../states.js";
import { t } from "../words.js";

/** Where to go afterwards: a page of ours, and nothing else that a link may name. */
function next() {
  const wanted = new URLSearchParams(location.search).get("next") || "/";
  return /^\/[a-z-]*$/.test(wanted) ? wanted : "/";
}

let old = "";
function enter(who) {
  keepCsrf(who.csrf);
  if (!who.must_change_password) {
    location.assign(next());
    return;
  }
  byId("sign-in").hidden = true;
  byId("change").hidden = false;
  byId("new").focus();
}

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  put(byId("trouble"));
  old = byId("password").value;
  try {
    enter(await post("/api/v1/session", { name: byId("name").value, password: old }, { stay: true }));
  } catch (error) {
    put(byId("trouble"), trouble(error));
    byId("password").select();
  }
});

byId("change").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (byId("new").value !== byId("again").value) {
    put(byId("change-trouble"), trouble(t("sign_in.differ")));
    return;
  }
  try {
    await ask("POST", "/api/v1/session/password", { json: { old, new: byId("new").value }, stay: true });
    // A change of password ends sessions: begin a new one with it.
    const name = byId("name").value;
    const who = name
      ? await post("/api/v1/session", { name, password: byId("new").value }, { stay: true })
      : await get("/api/v1/session");
    enter(who);
  } catch (error) {
    put(byId("change-trouble"), trouble(error));
  }
});
document.body.dataset.ready = "yes";
