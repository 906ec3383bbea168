// <button data-open="id"> opens a <dialog id>; a click beside it or on [data-close] closes it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    document.getElementById(opener.dataset.open)?.showModal();
    for (const popover of document.querySelectorAll("[popover]:popover-open")) popover.hidePopover();
  } else if (event.target.closest("[data-close]") || event.target.matches("dialog[open]")) {
    event.target.closest("dialog")?.close();
  }
});
