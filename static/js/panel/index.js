// The step panel: saving as one goes, completion of variables, choosing agents, going to a field.
import "./complete.js";
import "./picker.js";
import { follow } from "./follow.js";
import { begin } from "./places.js";
import { watch } from "./saving.js";

const panel = document.getElementById("panel");
if (panel) watch(panel);
follow();
document.documentElement.classList.add("has-panel-scripts");
begin();
