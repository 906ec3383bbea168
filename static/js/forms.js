// Small helps around forms: no double sending, sample values, filters that apply themselves, copying.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("hx-post") || form.method === "dialog") return;
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  if (button?.dataset.sent) event.preventDefault();
  else if (button && form.method === "post") {
    button.dataset.sent = "yes";
    button.setAttribute("aria-busy", "true");
    setTimeout(() => delete button.dataset.sent, 8000);
  }
});

function useSamples(button) {
  const values = JSON.parse(document.getElementById(button.dataset.samples).textContent);
  const form = button.closest("form");
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements.namedItem(name);
    if (!field || field.type === "file") continue;
    if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = typeof value === "string" ? value : JSON.stringify(value);
  }
  for (const box of form.querySelectorAll("input[type=checkbox][value=sample]")) box.checked = true;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  button.dataset.done = "yes";
  setTimeout(() => delete button.dataset.done, 1500);
}

document.addEventListener("click", (event) => {
  const samples = event.target.closest("[data-samples]");
  const copier = event.target.closest("[data-copy]");
  if (samples) useSamples(samples);
  if (copier) copy(copier);
  if (event.target.closest("[data-back]") && document.referrer && history.length > 1) {
    event.preventDefault();
    history.back();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-apply]")) event.target.form.requestSubmit();
});

window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});
