// Users and API tokens, for administrators.

import { forAdministrators } from "../admin/gate.js";
import { tokensPanel } from "../admin/tokens.js";
import { usersPanel } from "../admin/users.js";
import { all } from "../api.js";
import { el, put } from "../dom.js";
import "../shell.js";
import { say } from "../states.js";

const page = forAdministrators();
if (page) {
  let names = [];
  put(page, el("div", { class: "stack" }, usersPanel(() => names), tokensPanel(() => names)));
  try { names = (await all("/api/v1/cameras")).map((one) => one.camera); } catch (error) { say(error.message); }
  document.body.dataset.ready = "yes";
}
