// SPDX-FileCopyrightText: 2026 The onrecord contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// A queue that plays on while pages change. Lists of recordings get buttons; what is played stands at the foot of the page,
// and while it does, pages are changed beneath it instead of being loaded anew. The file that comes next is loaded before
// it is needed, so that one follows the other at once. Without this script each recording is played on its own page.
// `clock` is that of player.js, which comes first.
"use strict";

(() => {
  /** Pages that may be changed beneath the sound; everything else is left to the browser. */
  const PAGES = /^\/(search|explore|shuffle|books|editions(\/plan)?|refused|holders|(recording|release|artist|work|label|release-group)\/[^/]+)?$/;
  /** Seconds before the end at which the next file is asked for. */
  const AHEAD = 20;
  const ICONS = {
    before: "M6 5h2.4v14H6zM19 5.6v12.8a.6.6 0 0 1-.94.5L9.2 12.5a.6.6 0 0 1 0-1l8.86-6.4a.6.6 0 0 1 .94.5z",
    play: "M8 5.2v13.6a.6.6 0 0 0 .92.5l10.5-6.8a.6.6 0 0 0 0-1L8.92 4.7a.6.6 0 0 0-.92.5z",
    pause: "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z",
    after: "M15.6 5H18v14h-2.4zM5 5.6v12.8a.6.6 0 0 0 .94.5l8.86-6.4a.6.6 0 0 0 0-1L5.94 5.1a.6.6 0 0 0-.94.5z",
    close: "M6 4.6 4.6 6l6 6-6 6L6 19.4l6-6 6 6 1.4-1.4-6-6 6-6L18 4.6l-6 6z",
  };

  const make = (tag, attributes = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...inside);
    return made;
  };
  const icon = (name) => {
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: 22, height: 22, "aria-hidden": "true" })) drawn.setAttribute(key, value);
    path.setAttribute("d", ICONS[name]);
    drawn.append(path);
    return drawn;
  };
  const button = (name, label) => make("button", { type: "button", class: name, "aria-label": label }, icon(name));

  // The dock ------------------------------------------------------------------------------------------------------

  const parts = {
    before: button("before", "The one before"), play: button("play", "Pause"), after: button("after", "The next one"),
    close: button("close", "Stop and close"),
    what: make("a", { class: "what", href: "/" }), by: make("span", { class: "by" }),
    place: make("input", { type: "range", min: "0", max: "1", step: "1", value: "0", "aria-label": "Position" }),
    time: make("span", { class: "elapsed num" }), said: make("p", { class: "said", role: "status" }),
  };
  const dock = make("section", { class: "dock", "aria-label": "Playing", hidden: "" },
    make("div", { class: "dock-in" }, parts.before, parts.play, parts.after,
      make("p", { class: "told" }, parts.what, " ", parts.by), parts.place, parts.time, parts.close, parts.said));
  let now = make("audio", { preload: "auto" }), next = make("audio", { preload: "auto" });
  dock.append(now, next);

  /** Ids of the recordings, which of them plays, and what is known of each. */
  const queue = { ids: [], at: -1, known: {} };
  let ready = "", passed = 0;
  /** What each row of the page is called, for those that cannot be played. */
  const called = (id) => document.querySelector(`[data-recording="${CSS.escape(id)}"] .what a`)?.textContent.trim() || "One";

  const known = async (id) => {
    if (!queue.known[id]) {
      const answer = await fetch(`/api/recording/${encodeURIComponent(id)}/sound`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail || "This cannot be played.");
      queue.known[id] = await answer.json();
    }
    return queue.known[id];
  };

  const tell = () => {
    const item = queue.known[queue.ids[queue.at]];
    if (!item) return;
    const total = (Number.isFinite(now.duration) && now.duration) || item.seconds || 0;
    parts.what.textContent = item.title || "Untitled";
    parts.what.href = `/recording/${encodeURIComponent(item.id)}`;
    parts.by.textContent = item.artist;
    parts.place.max = String(Math.max(1, Math.floor(total)));
    parts.place.value = String(Math.floor(now.currentTime));
    parts.place.setAttribute("aria-valuetext", `${clock(now.currentTime)} of ${clock(total)}`);
    parts.time.textContent = `${clock(now.currentTime)} / ${clock(total)}`;
    parts.play.replaceChildren(icon(now.paused ? "play" : "pause"));
    parts.play.setAttribute("aria-label", now.paused ? "Play" : "Pause");
    parts.before.disabled = queue.at <= 0;
    parts.after.disabled = queue.at + 1 >= queue.ids.length;
    for (const row of document.querySelectorAll("[data-recording]")) {
      if (row.dataset.recording === item.id) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  };

  const quiet = () => { for (const other of document.querySelectorAll("audio")) if (other !== now) other.pause(); };

  /** Play what the queue points at; what cannot be played is said and passed over. */
  async function play(from = 0) {
    dock.hidden = false;
    document.body.classList.add("docked");
    const id = queue.ids[queue.at];
    try {
      const item = await known(id);
      if (queue.ids[queue.at] !== id) return;
      if (ready === id) {
        now.pause();
        [now, next] = [next, now];
      } else {
        now.src = item.address;
      }
      ready = "";
      if (from) now.currentTime = from;
      quiet();
      await now.play();
      // Why another one plays than the one that was asked for stays to be read.
      if (!passed) parts.said.textContent = "";
      passed = 0;
      if (navigator.mediaSession) navigator.mediaSession.metadata = new MediaMetadata({ title: item.title, artist: item.artist });
    } catch (reason) {
      if (reason.name === "AbortError") return;
      if (!passed) parts.said.textContent = reason.name === "NotAllowedError" ? "Press play." : `“${called(id)}”: ${reason.message}`;
      passed += 1;
      if (reason.name !== "NotAllowedError" && queue.at + 1 < queue.ids.length && passed < 5) { step(1); return; }
    }
    tell();
  }

  function step(by) {
    const at = queue.at + by;
    if (at < 0 || at >= queue.ids.length) return;
    queue.at = at;
    play();
  }

  /** Have the next file at hand before this one ends. */
  async function prepare() {
    const id = queue.ids[queue.at + 1];
    if (!id || ready === id || !(now.duration - now.currentTime < AHEAD)) return;
    ready = id;
    try {
      const item = await known(id);
      if (ready !== id) return;
      next.src = item.address;
      next.load();
    } catch { ready = ""; }
  }

  for (const each of [now, next]) {
    for (const name of ["timeupdate", "seeked", "durationchange", "play", "pause"]) {
      each.addEventListener(name, () => { if (each === now) { tell(); prepare(); } });
    }
    each.addEventListener("ended", () => { if (each === now) step(1); });
  }
  parts.play.addEventListener("click", () => { if (now.paused) { quiet(); now.play(); } else now.pause(); });
  parts.before.addEventListener("click", () => step(-1));
  parts.after.addEventListener("click", () => step(1));
  parts.place.addEventListener("input", () => { now.currentTime = Number(parts.place.value); });
  parts.close.addEventListener("click", () => {
    now.pause();
    queue.ids = [];
    queue.at = -1;
    dock.hidden = true;
    document.body.classList.remove("docked");
    for (const row of document.querySelectorAll("[data-recording]")) row.removeAttribute("aria-current");
    document.getElementById("main").focus({ preventScroll: true });
  });
  if (navigator.mediaSession) {
    navigator.mediaSession.setActionHandler("nexttrack", () => step(1));
    navigator.mediaSession.setActionHandler("previoustrack", () => step(-1));
  }

  // Lists -----------------------------------------------------------------------------------------------------------

  function enlist(root) {
    for (const list of root.querySelectorAll("[data-queue]")) {
      // All discs of a release are one queue.
      const whole = list.closest("[data-queue-all]") || list;
      for (const row of list.querySelectorAll("[data-recording]")) {
        if (row.querySelector(".row-play")) continue;
        const title = row.querySelector(".what a")?.textContent.trim() || "this";
        const press = make("button", { type: "button", class: "row-play", "aria-label": `Play ${title}` }, icon("play"));
        press.addEventListener("click", () => {
          const rows = [...whole.querySelectorAll("[data-recording]")];
          queue.ids = rows.map((each) => each.dataset.recording);
          queue.at = rows.indexOf(row);
          play();
        });
        row.querySelector(".held")?.replaceWith(press);
      }
    }
    for (const all of root.querySelectorAll("[data-play-all][hidden]")) {
      const first = () => all.closest("[data-queue-all]").querySelector(".row-play");
      if (!first()) continue;
      all.hidden = false;
      all.addEventListener("click", () => first().click());
    }
    tell();
  }

  // Pages beneath the sound -----------------------------------------------------------------------------------------

  /** What is played on a page goes on in the dock when the page is left. */
  function takeOver() {
    const box = document.querySelector(".player.playing");
    const audio = box?.querySelector("audio");
    if (!box?.dataset.id || !audio) return;
    const { id, title, artist, seconds } = box.dataset;
    queue.known[id] = { id, title, artist, seconds: Number(seconds), address: audio.getAttribute("src") };
    queue.ids = [id];
    queue.at = 0;
    play(audio.currentTime);
  }

  const isPlaying = () => queue.at >= 0 || document.querySelector(".player.playing") !== null;

  async function show(address, push) {
    takeOver();
    let answer;
    try { answer = await fetch(address, { headers: { Accept: "text/html" } }); } catch { /* the browser says it better */ }
    if (!answer || !(answer.headers.get("Content-Type") || "").startsWith("text/html")) { location.href = address; return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (push) history.pushState({ docked: true }, "", answer.url + new URL(address, location.href).hash);
    document.title = page.title;
    for (const needed of page.head.querySelectorAll("link[rel=stylesheet], script[src], meta[name=htmx-config]")) {
      const key = ["href", "src", "name"].find((name) => needed.hasAttribute(name));
      if (document.head.querySelector(`${needed.localName}[${key}="${CSS.escape(needed.getAttribute(key))}"]`)) continue;
      document.head.append(make(needed.localName, Object.fromEntries([...needed.attributes].map((each) => [each.name, each.value]))));
    }
    for (const place of [".masthead", "#main"]) document.querySelector(place).replaceWith(document.adoptNode(page.querySelector(place)));
    document.dispatchEvent(new CustomEvent("page:shown"));
    if (window.htmx) window.htmx.process(document.body);
    const main = document.getElementById("main"), hash = new URL(address, location.href).hash.slice(1);
    main.focus({ preventScroll: true });
    if (hash && document.getElementById(hash)) document.getElementById(hash).scrollIntoView();
    else if (push) scrollTo(0, 0);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !isPlaying() || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.origin !== location.origin || !PAGES.test(link.pathname)) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
    event.preventDefault();
    show(link.href, true);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!isPlaying() || event.defaultPrevented || form.method !== "get" || !PAGES.test(new URL(form.action).pathname)) return;
    event.preventDefault();
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form)).toString();
    show(address.href, true);
  });
  let here = location.pathname + location.search;
  addEventListener("popstate", () => {
    // A step to another place on the same page is the browser's own business.
    const there = location.pathname + location.search;
    if (there !== here) { if (isPlaying()) show(location.href, false); else location.reload(); }
  });
  document.addEventListener("page:shown", () => { here = location.pathname + location.search; enlist(document); });

  document.body.append(dock);
  enlist(document);
  // What is searched while somebody types comes without a new page.
  new MutationObserver(() => enlist(document)).observe(document.getElementById("main"), { childList: true, subtree: true });
})();
