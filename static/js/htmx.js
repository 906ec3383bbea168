// htmx must be on the window before any extension is loaded.
import htmx from "htmx.org";

window.htmx = htmx;
export default htmx;
