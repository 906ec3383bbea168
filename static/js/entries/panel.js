import "../panel/index.js";
