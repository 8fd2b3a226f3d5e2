// Shows what a schedule means while it is typed: the form is sent to
// data-preview, and the answer replaces what is in #preview. Without this the
// button in the form does the same with a page.

const form = document.querySelector("form[data-preview]");
const pause = 200;
let timer;
let asked;

async function show() {
  asked?.abort();
  asked = new AbortController();
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.preview, { method: "POST", body, signal: asked.signal, redirect: "manual" });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
    document.getElementById("preview").replaceChildren(...fresh.childNodes);
    document.body.classList.remove("offline");
  } catch (err) {
    if (err.name !== "AbortError") document.body.classList.add("offline");
  }
}

form?.addEventListener("input", (event) => {
  if (event.target.name === "reason") return;
  clearTimeout(timer);
  timer = setTimeout(show, pause);
});

// A button that offers other times fills them in.
form?.addEventListener("click", (event) => {
  const offer = event.target.closest("button[name=use]");
  if (!offer) return;
  event.preventDefault();
  form.elements.cron.value = offer.value;
  form.elements.cron.focus();
  show();
});
