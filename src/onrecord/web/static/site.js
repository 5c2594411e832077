// SPDX-FileCopyrightText: 2026 The onrecord contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Comforts that every page has: "/" goes to the search, early typing counts, digests can be copied. Nothing depends on them.
"use strict";

const find = () => document.querySelector("[data-find]");
const shortcut = document.querySelector("[data-shortcut]");

// A one-key shortcut must be possible to turn off (WCAG 2.1.4): speech input would trigger it by accident.
const remembered = {
  read() { try { return localStorage.getItem("slash") !== "off"; } catch { return true; } },
  write(on) { try { localStorage.setItem("slash", on ? "on" : "off"); } catch { /* this page only, then */ } },
};

let showKeys = () => {};
if (shortcut) {
  const box = shortcut.querySelector("input");
  showKeys = () => {
    shortcut.hidden = !find();
    for (const key of document.querySelectorAll("[data-key]")) key.hidden = !box.checked;
  };
  box.checked = remembered.read();
  showKeys();
  box.addEventListener("change", () => { remembered.write(box.checked); showKeys(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing || !box.checked || !find()) return;
    event.preventDefault();
    find().focus();
    find().select();
  });
}

// What was typed before htmx listened (a slow machine, a quick hand, a restored page) is searched as well.
if (find()) {
  document.addEventListener("htmx:after:process", () => {
    if (find() && find().value !== find().defaultValue) find().dispatchEvent(new Event("input", { bubbles: true }));
  }, { once: true });
}

function copies() {
  if (!navigator.clipboard) return;
  for (const source of document.querySelectorAll("[data-copy]:not([data-ready])")) {
    source.dataset.ready = "";
    const button = document.createElement("button");
    const label = source.closest(".digest")?.querySelector("dt")?.textContent;
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    if (label) button.setAttribute("aria-label", `Copy ${label}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.textContent.trim());
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    source.after(button);
  }
}
copies();
// The queue changes pages without loading them.
document.addEventListener("page:shown", () => { showKeys(); copies(); });
