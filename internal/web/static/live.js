// Keeps a page up to date. Everything here is an addition: without it the
// pages show the same after a reload, and every action is a link or a form.
//
// Each element with data-live has an id. Every two seconds, while the page is
// visible, the same URL is asked for these elements alone, and those that
// changed are swapped in place. In a list (data-live="rows") rows change in
// place; while the pointer is over it, new rows wait behind a button, so that
// nothing moves under the pointer.

const every = 2000;
let timer;
let asked;

async function refresh() {
  clearTimeout(timer);
  if (document.hidden || !document.querySelector("[data-live]")) return;
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(location.href, { headers: { "Beadle-Live": "1" }, signal: asked.signal, redirect: "error" });
    if (!answer.ok) throw new Error(answer.statusText);
    apply(new DOMParser().parseFromString(await answer.text(), "text/html"));
    document.body.classList.remove("offline");
  } catch (err) {
    if (err.name === "AbortError") return;
    document.body.classList.add("offline");
  }
  timer = setTimeout(refresh, every);
}

function apply(fresh) {
  for (const now of fresh.querySelectorAll("[data-live]")) {
    const was = document.getElementById(now.id);
    if (!was || was.dataset.source === now.outerHTML) continue;
    const source = now.outerHTML;
    if (now.dataset.live !== "rows" || !mergeRows(was, now)) swap(was, now);
    (document.getElementById(now.id) ?? was).dataset.source = source;
  }
}

// swap replaces an element and keeps the focus and the scroll position in it.
function swap(was, now) {
  const focus = was.contains(document.activeElement) && nameOf(document.activeElement);
  const log = was.querySelector("[data-tail]");
  const tail = log && log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
  const top = log?.scrollTop;
  was.replaceWith(now);
  adorn(now);
  const next = now.querySelector("[data-tail]");
  if (next) next.scrollTop = tail ? next.scrollHeight : top ?? next.scrollHeight;
  if (focus) now.querySelector(focus)?.focus({ preventScroll: true });
}

function nameOf(element) {
  if (element.id) return "#" + CSS.escape(element.id);
  const href = element.getAttribute("href");
  return href ? `[href="${CSS.escape(href)}"]` : element.dataset.tail !== undefined ? "[data-tail]" : null;
}

// mergeRows changes rows in place. It returns false if the whole list may be
// swapped instead.
function mergeRows(was, now) {
  const fresh = new Map([...now.querySelectorAll("tbody tr[id]")].map((row) => [row.id, row]));
  const shown = [...was.querySelectorAll("tbody tr[id]")];
  const ids = shown.map((row) => row.id);
  const same = ids.length === fresh.size && [...fresh.keys()].every((id, i) => id === ids[i]);
  if (!same && (!shown.length || !fresh.size || !was.matches(":hover, :focus-within"))) return false;
  for (const row of shown) {
    const next = fresh.get(row.id);
    row.classList.toggle("gone", !next);
    if (next && row.dataset.source !== next.outerHTML) {
      const source = next.outerHTML;
      if (row.outerHTML !== source) swap(row, next.cloneNode(true));
      document.getElementById(next.id).dataset.source = source;
    }
  }
  offer(was, now, same ? 0 : [...fresh.keys()].filter((id) => !ids.includes(id)).length, same);
  return true;
}

// offer shows, or takes away, the button behind which new rows wait.
function offer(list, now, count, same) {
  let button = list.querySelector(":scope > .fresh");
  if (same) return button?.remove();
  if (!button) {
    button = document.createElement("button");
    button.className = "fresh";
    button.type = "button";
    list.prepend(button);
  }
  button.textContent = count ? `${count} new` : "Show changes";
  button.onclick = () => {
    swap(list, now);
    document.getElementById(now.id).dataset.source = now.outerHTML;
  };
}

// adorn adds what only makes sense with a script: buttons that copy.
function adorn(root) {
  if (!navigator.clipboard) return;
  for (const code of root.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.title = "Copy";
    button.setAttribute("aria-label", "Copy the command");
    button.innerHTML = '<svg aria-hidden="true"><use href="#i-copy"/></svg>';
    const text = code.textContent;
    button.onclick = async () => {
      await navigator.clipboard.writeText(text);
      button.firstChild.firstChild.setAttribute("href", "#i-check");
      setTimeout(() => button.firstChild.firstChild.setAttribute("href", "#i-copy"), 1500);
    };
    code.append(button);
  }
}

// The link to abort a job leads to a page that asks; here its form is shown as
// a dialog instead.
async function ask(link) {
  const answer = await fetch(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = page.querySelector("form.confirm");
  if (!answer.ok || !form) return location.assign(link.href);
  const dialog = document.createElement("dialog");
  dialog.append(document.adoptNode(form));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
    if (event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href$="/abort"]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  ask(link).catch(() => location.assign(link.href));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

document.addEventListener("visibilitychange", refresh);
adorn(document);
document.documentElement.classList.add("js");
for (const log of document.querySelectorAll("[data-tail]")) log.scrollTop = log.scrollHeight;
timer = setTimeout(refresh, every);
