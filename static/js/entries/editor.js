import "../editor/main.js";
import "../panel/index.js";
