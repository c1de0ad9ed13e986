// Makes the evidence pack of a case: whom to hide, why, how far it is, where to fetch it.

import { get, pathOf, post } from "../api.js";
import { el, put } from "../dom.js";
import { reasonField } from "../grounds.js";
import { busy, trouble } from "../states.js";
import { bytesOf, spanOf, t, tn } from "../words.js";

const LOOK_MS = 1000;
const CHOICES = ["usual", "none", "heads", "figures"];

async function made(id, asked, node) {
  put(node, busy(t("case.packing")));
  let job = await post(pathOf("/api/v1/cases", id, "evidence"), asked);
  while (job.state === "working") {
    put(node, el("progress", { max: job.total || 1, value: job.done, "aria-label": t("case.packing") }),
      el("p", { class: "small soft" }, t("case.packing"), job.eta_s === null ? "" : ` ${t("case.left", { span: spanOf(job.eta_s) })}`));
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (!node.isConnected) return; // another case is shown by now
    job = await get(pathOf("/api/v1/cases", id, "evidence", job.id));
  }
  if (job.state === "failed") throw new Error(job.detail);
  const { pack } = job;
  put(node, el("div", { class: "note good stack" },
    el("a", { class: "button main", href: job.url, download: `${id}.zip` }, t("case.fetch")),
    el("p", { class: "small" }, tn("case.files", pack.files), ` · ${bytesOf(pack.bytes)} · ${t(`case.hides_${pack.blur}`)}`),
    el("p", { class: "small soft" }, t("case.verify")),
    pack.missing.length ? el("div", {}, el("b", { class: "small" }, t("case.missing")), el("ul", { lang: "en" }, pack.missing.map((one) => el("li", { class: "small" }, one)))) : null));
}

/** The form of a pack, folded away until somebody wants one. */
export function packForm(id) {
  const result = el("div", { "aria-live": "polite" });
  const blur = el("select", { name: "blur" }, CHOICES.map((one) => el("option", { value: one }, t(`case.blur_${one}`))));
  const go = el("button", { type: "submit", class: "main" }, t("case.pack_go"));
  const form = el("form", {
    class: "sheet", method: "dialog",
    onsubmit: async (event) => {
      event.preventDefault();
      go.disabled = true;
      try {
        await made(id, { blur: blur.value === "usual" ? null : blur.value }, result);
      } catch (error) { put(result, trouble(error)); } finally { go.disabled = false; }
    },
  },
  el("label", { class: "field" }, el("span", {}, t("case.blur")), blur),
  el("p", { class: "small soft" }, t("case.blur_why")),
  reasonField(),
  el("div", {}, go), result);
  return el("details", { class: "fold", id: "pack" }, el("summary", {}, t("case.pack")), form);
}
