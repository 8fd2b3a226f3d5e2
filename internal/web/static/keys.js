// Keys for those who do not like to reach for a pointer. /keys lists them; they
// are off while something is typed, or a dialog is open, or for whoever switched
// them off there.

const off = "beadle-keys-off";

// The links that j and k go along: the things of the list.
const places = () => [...document.querySelectorAll("main table a.open, main table.cards tbody td:first-child a")];

function step(by) {
  const all = places();
  const at = all.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
}

const keys = {
  "/": () => document.querySelector("main form[role=search] :is(input:not([type=hidden]), select), main form[role=search] select")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  x: () => (document.activeElement.closest("main tr")?.querySelector("a.abort") ?? document.querySelector('#job a[href$="/abort"]'))?.click(),
  "?": () => document.querySelector('a[href="/keys"]')?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || !Object.hasOwn(keys, event.key)) return;
  if (event.target.closest("input, select, textarea, dialog, [contenteditable]") || localStorage.getItem(off)) return;
  event.preventDefault();
  keys[event.key]();
});

// Whoever speaks to their computer may not want single keys to do things.
function offer() {
  for (const place of document.querySelectorAll("[data-keys]:empty")) {
    const button = document.createElement("button");
    const say = () => (button.textContent = localStorage.getItem(off) ? "Switch the keys on" : "Switch the keys off");
    button.type = "button";
    button.onclick = () => {
      if (localStorage.getItem(off)) localStorage.removeItem(off);
      else localStorage.setItem(off, "1");
      say();
    };
    say();
    place.append(button);
  }
}

offer();
new MutationObserver(offer).observe(document.body, { childList: true });
