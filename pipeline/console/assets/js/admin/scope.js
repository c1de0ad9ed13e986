// What somebody may do, and which cameras they may see: the fields of users and of tokens.

import { el } from "../dom.js";
import { t } from "../words.js";
import { field } from "./parts.js";

const ROLES = ["viewer", "operator", "administrator"];

/** The fields, and `read()` for what was chosen: a role, and cameras or null for all. */
export function scopeFields(now, known) {
  const role = el("select", { id: "role" }, ROLES.map((one) => el("option", { value: one, selected: one === now.role }, t(`role.${one}`))));
  const what = el("p", { class: "small soft" });
  const names = [...new Set([...known, ...(now.cameras ?? [])])].sort();
  const all = el("input", { type: "checkbox", id: "all-cameras", checked: now.cameras === null });
  const boxes = names.map((name) => el("input", { type: "checkbox", value: name, checked: now.cameras?.includes(name) ?? false }));
  const list = el("div", {}, names.map((name, at) => el("label", { class: "check" }, boxes[at], name)));
  const show = () => {
    const admin = role.value === "administrator";
    what.textContent = t(`may.${role.value}`);
    if (admin) all.checked = true;
    all.disabled = admin || names.length === 0;
    list.hidden = all.checked;
  };
  role.addEventListener("change", show);
  all.addEventListener("change", show);
  show();
  return {
    node: el("div", { class: "stack" }, field(t("admin.role"), role), what,
      el("fieldset", { class: "cameras" }, el("legend", { class: "small soft" }, t("admin.cameras")),
        el("label", { class: "check" }, all, t("admin.all_cameras")), list)),
    read: () => ({ role: role.value, cameras: all.checked ? null : boxes.filter((box) => box.checked).map((box) => box.value) }),
  };
}
