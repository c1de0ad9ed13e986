// What is for administrators alone: others are told so, and nothing is asked that would be refused.

import { byId, el, put } from "../dom.js";
import { me } from "../shell.js";
import { empty } from "../states.js";
import { t } from "../words.js";

/** Where the page goes; null where whoever came may not see it, which the page says by then. */
export function forAdministrators() {
  if (me.role === "administrator") return byId("page");
  document.querySelector(".tabs")?.remove();
  put(byId("page"), el("section", { class: "panel" }, empty(t("admin.not_yours"),
    t("admin.not_yours_how", { name: me.name, role: t(`role.${me.role}`) }),
    el("div", {}, el("a", { class: "button", href: "/" }, t("page.search"))))));
  document.body.dataset.ready = "yes";
  return null;
}
