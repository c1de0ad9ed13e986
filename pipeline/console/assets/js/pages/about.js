import { byId } from "../dom.js";
import { source } from "../shell.js";

const told = await source;
if (told) {
  byId("about-version").textContent = told.version;
  byId("about-licence").textContent = told.licence;
  if (told.source && /^https?:/.test(told.source)) {
    const link = byId("about-source");
    link.href = told.source;
    link.textContent = told.source;
    link.hidden = false;
  }
}
document.body.dataset.ready = "yes";
