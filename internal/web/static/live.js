// Keeps a page up to date. Everything here is an addition: without it the
// pages show the same after a reload, and every action is a link or a form.
//
// Each element with data-live has an id. The same URL is asked for these
// elements alone, and what changed in them is changed in place: a link that a
// pointer is pressing stays the same link. In a list (data-live="rows"), new
// rows wait behind a button while the pointer or the focus is in it, so that
// nothing moves under the pointer; they wait, too, while rows are chosen.
//
// When to ask is told by the server where an element has data-events, the
// address of an event stream: at once, and then at most once a second. Bars of
// progress move by what the events themselves say. Where there is no such
// stream, or it is lost, the page asks every two seconds. A page that takes long
// to answer is asked for less often; one that nobody looks at, never.

const every = 2000; // between two questions where nobody tells
const least = 1000; // where somebody does
const moving = 5000; // between questions that nobody told of, as time goes on in the page
const resting = 30000;
const paused = "beadle-paused";

let timer;
let asked; // the question that is under way
let last = performance.now(); // when it was asked last
let took = 0; // how long the answer took
let source; // of events
let live = false; // it tells
let missed = false; // something was told while an answer was awaited

const held = () => Boolean(sessionStorage.getItem(paused));

async function refresh() {
  clearTimeout(timer);
  timer = undefined;
  if (document.hidden || held() || !document.querySelector("[data-live]")) return;
  asked?.abort();
  const mine = (asked = new AbortController());
  missed = false;
  last = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { "Beadle-Live": "1" }, signal: mine.signal, redirect: "manual" });
    if (answer.type === "opaqueredirect") return location.reload(); // to where one signs in
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (held()) return;
    apply(fresh);
    document.body.classList.remove("offline");
  } catch (err) {
    if (err.name === "AbortError") return;
    document.body.classList.add("offline");
  }
  if (asked === mine) asked = undefined;
  took = performance.now() - last;
  plan();
}

// plan sets when to ask the next time, if nothing is told before.
function plan() {
  clearTimeout(timer);
  const quiet = document.querySelector("main .chip.running") ? moving : resting;
  timer = setTimeout(refresh, missed ? wait() : Math.max(live ? quiet : every, 20 * took));
}

// wait is how long not to ask after the last time.
const wait = () => Math.max(0, last + Math.max(least, 20 * took) - performance.now());

// soon asks as soon as it is time.
function soon() {
  missed = true;
  if (asked || held()) return;
  clearTimeout(timer);
  timer = setTimeout(refresh, wait());
}

// listen has the server tell. A page that is hidden or paused hears nothing, and
// takes no connection.
function listen() {
  const address = document.querySelector("[data-events]")?.dataset.events;
  if (!address || document.hidden || held()) return hangUp();
  if (source) return;
  source = new EventSource(address);
  source.addEventListener("ready", soon);
  source.addEventListener("reset", soon);
  source.addEventListener("jobs", (event) => hear(JSON.parse(event.data).jobs));
  source.onopen = () => tells(true);
  source.onerror = () => {
    tells(false);
    if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
    source = undefined;
    setTimeout(listen, resting);
  };
}

function hangUp() {
  source?.close();
  source = undefined;
  live = false;
}

function tells(now) {
  const lost = live && !now;
  live = now;
  say();
  if (lost) refresh();
}

// hear takes in how jobs stand now.
function hear(jobs) {
  if (held()) return;
  for (const job of jobs) move(job);
  const list = document.querySelector('[data-live="rows"][data-events]');
  const newest = !new URLSearchParams(location.search).has("before");
  if (!list || newest || jobs.some((job) => document.getElementById(job.id))) soon();
}

// move moves the bar of a job.
function move(job) {
  const { done, total } = job.progress;
  const place = document.getElementById(job.id) ?? document.querySelector(`[data-job="${CSS.escape(job.id)}"]`);
  const bar = place?.querySelector("progress");
  if (!bar || job.state !== "running" || !total) return;
  bar.value = Math.floor((Math.min(done, total) * 100) / total);
  bar.nextElementSibling.textContent = `${bar.value} %`;
}

// The button that stops all of it, and says how the page is kept up to date.
const pulse = document.createElement("button");
pulse.type = "button";
pulse.className = "pulse";
pulse.innerHTML = '<svg aria-hidden="true"><use href="#i-pause"/></svg><span></span>';
pulse.onclick = () => {
  if (held()) sessionStorage.removeItem(paused);
  else sessionStorage.setItem(paused, "1");
  wake();
};

function say() {
  const words = held() ? "Paused" : live ? "Live" : "Every 2 s";
  pulse.lastChild.textContent = words;
  pulse.title = held() ? "Go on showing what happens" : "Stop the page where it is";
  pulse.setAttribute("aria-pressed", String(held()));
  pulse.querySelector("use").setAttribute("href", held() ? "#i-play" : "#i-pause");
}

// wake begins or ends to listen and to ask, as things stand.
function wake() {
  listen();
  say();
  refresh();
}

function apply(fresh) {
  for (const now of fresh.querySelectorAll("[data-live]")) {
    const was = document.getElementById(now.id);
    if (!was || (now.dataset.live === "rows" && keepRows(was, now))) continue;
    const log = was.querySelector("[data-tail]");
    const atEnd = log && log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    morph(was, now);
    if (atEnd) log.scrollTop = log.scrollHeight;
    adorn(was);
  }
}

// morph makes one node like another with as few changes as it can.
function morph(was, now) {
  if (was.isEqualNode(now) || was.dataset?.copy !== undefined) return;
  if (was.nodeName !== now.nodeName) return was.replaceWith(now);
  if (was.type === "checkbox" && was.value !== now.value) was.checked = false; // it is that of another row
  if (was.nodeType !== Node.ELEMENT_NODE) return void (was.data = now.data);
  const kept = was.nodeName === "DETAILS" ? "open" : ""; // what somebody unfolded stays so
  for (const { name } of [...was.attributes]) if (!now.hasAttribute(name) && name !== kept) was.removeAttribute(name);
  for (const { name, value } of now.attributes) if (was.getAttribute(name) !== value) was.setAttribute(name, value);
  const old = [...was.childNodes];
  const fresh = [...now.childNodes];
  fresh.forEach((child, i) => (old[i] ? morph(old[i], child) : was.append(child)));
  for (const child of old.slice(fresh.length)) child.remove();
}

// keepRows changes rows in place and keeps their order. It returns false if
// there is nothing to keep: the rows are the same, or nobody is in the list.
function keepRows(list, now) {
  const fresh = new Map([...now.querySelectorAll("tbody tr[id]")].map((row) => [row.id, row]));
  const shown = [...list.querySelectorAll("tbody tr[id]")];
  const same = shown.length === fresh.size && [...fresh.keys()].every((id, i) => id === shown[i].id);
  const button = list.querySelector(":scope > .fresh");
  if (same) button?.remove();
  if (same || !shown.length || !fresh.size || !list.matches(":hover, :focus-within, :has(:checked)")) return false;
  let left = fresh.size;
  for (const row of shown) {
    const next = fresh.get(row.id);
    if (next) left--;
    if (next) morph(row, next.cloneNode(true));
    row.classList.toggle("gone", !next);
  }
  offer(list, now, button, left);
  return true;
}

// offer shows the button behind which changes of the list wait.
function offer(list, now, button, count) {
  if (!button) {
    button = document.createElement("button");
    button.className = "fresh";
    button.type = "button";
    list.append(button);
  }
  button.textContent = count ? `${count} new` : "Show changes";
  button.onclick = () => {
    button.remove();
    morph(list, now);
    adorn(list);
  };
}

// adorn adds what only makes sense with a script: buttons that copy.
function adorn(root) {
  if (!navigator.clipboard) return;
  for (const code of root.querySelectorAll("[data-copy]:not(:has(.copy))")) {
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

// A link such as that to abort a job leads to a page that asks; here its form
// is shown as a dialog instead.
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
  const link = event.target.closest('a[href$="/abort"], a[href$="/break"], a[data-ask]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  ask(link).catch(() => location.assign(link.href));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-all]"))
    for (const box of event.target.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
});

// Pages that show times in two zones show the reader's own, once they know it.
const zone = "beadle_zone=" + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
const known = document.cookie.split("; ").includes(zone);
if (!known) document.cookie = zone + "; path=/; max-age=31536000; samesite=lax";

document.addEventListener("visibilitychange", wake);
window.addEventListener("pagehide", hangUp);
window.addEventListener("pageshow", (event) => event.persisted && wake());
if (document.querySelector("main [data-live]:not(#unsafe)")) document.querySelector("main").append(pulse);
adorn(document);
for (const log of document.querySelectorAll("[data-tail]")) log.scrollTop = log.scrollHeight;
listen();
say();
timer = setTimeout(refresh, known ? every : 0);
