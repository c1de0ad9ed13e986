// What every page has: who is signed in, language, theme, version, the key `/`.

import { ask, get, keepCsrf, leave, remove, toSignIn } from "./api.js";
import { byId } from "./dom.js";
import { forgetGrounds, keepGrounds, needGrounds } from "./grounds.js";
import { forgetAll } from "./search/kept.js";
import { t } from "./words.js";

const RANKS = ["viewer", "operator", "administrator"];
/** Whether whoever is signed in has at least the rights of `role`. */
export const may = (role) => RANKS.indexOf(me?.role) >= RANKS.indexOf(role);

// Pages of which a role may see nothing: a link that always refuses helps nobody.
const NEEDS_MORE = { viewer: ["/watches", "/imports", "/cases", "/system", "/accounts"], operator: ["/accounts"] };
// Pages that ask for people; the others show how the installation does.
const ASKS_OF_PEOPLE = new Set(["search", "watches", "cases", "erasures"]);
const YEAR_S = 31536000;
const keep = (name, value) => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR_S}; SameSite=Strict${secure}`;
};

function switches() {
  byId("language").addEventListener("click", (event) => {
    keep("descry_language", event.currentTarget.dataset.language);
    location.reload();
  });
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    keep("descry_theme", root.dataset.theme);
  });
}

function keys() {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const field = byId("text");
      if (field) field.focus();
      else location.assign("/");
    }
  });
  // A panel that drops from a chip closes by Escape, and by a click beside it.
  const close = (but) => document.querySelectorAll("details.chip[open]").forEach((one) => { if (one !== but) one.open = false; });
  document.addEventListener("click", (event) => close(event.target.closest("details.chip")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.chip[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
}

async function version() {
  try {
    const told = await get("/api/v1/source");
    byId("version").textContent = told.version;
    return told;
  } catch { return null; } // the footer still leads to the page that says why
}

/** Who is signed in; a page that needs somebody goes to the sign-in page. */
async function session() {
  let who;
  try {
    who = await get("/api/v1/session", { stay: true });
  } catch (error) {
    if (error.status === 401 || error.code === "setup-needed") toSignIn();
    return { role: "viewer", name: "" };
  }
  keepCsrf(who.csrf);
  if (who.must_change_password) toSignIn();
  const hidden = NEEDS_MORE[who.role] ?? [];
  hidden.forEach((page) => document.querySelector(`.top nav a[href="${page}"]`)?.remove());
  byId("account-name").textContent = t("frame.signed_in", { name: who.name });
  byId("account-link").setAttribute("aria-label", t("account.open", { name: who.name }));
  byId("account").hidden = false;
  byId("sign-out").addEventListener("click", async () => {
    leave(true);
    try { await remove("/api/v1/session"); } catch (error) { leave(false); throw error; }
    forgetAll();
    forgetGrounds();
    location.assign("/sign-in");
  });
  await needGrounds(who.reason_required && ASKS_OF_PEOPLE.has(document.body.dataset.page));
  return who;
}

export const source = version();
switches();
keys();
keepGrounds(document.getElementById("grounds-form"));
export const me = document.body.dataset.page === "sign-in" || document.body.dataset.page === "about" ? null : await session();
export { ask };
