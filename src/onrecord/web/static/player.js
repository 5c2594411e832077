// SPDX-FileCopyrightText: 2026 The onrecord contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Puts a waveform over the browser's own <audio>. The peaks come from the server, so no sound is loaded to draw them.
"use strict";

const BAR = 3, GAP = 2;

const clock = (seconds) => {
  const whole = Math.floor(seconds), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
};
const spoken = (seconds) => {
  const minutes = Math.floor(seconds / 60), rest = Math.floor(seconds % 60);
  return `${minutes ? `${minutes} ${minutes === 1 ? "minute" : "minutes"} ` : ""}${rest} ${rest === 1 ? "second" : "seconds"}`;
};

function player(box) {
  const audio = box.querySelector("audio"), play = box.querySelector(".play"), wave = box.querySelector(".wave");
  const canvas = wave.querySelector("canvas"), now = box.querySelector("[data-now]");
  const trouble = box.querySelector(".trouble");
  const peaks = Uint8Array.from(atob(box.dataset.peaks), (letter) => letter.charCodeAt(0));
  const loudest = Math.max(1, ...peaks);
  const total = () => (Number.isFinite(audio.duration) && audio.duration) || Number(box.dataset.seconds) || 0;
  let hover = null;

  function draw() {
    const width = canvas.clientWidth, height = canvas.clientHeight, scale = devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d"), colour = getComputedStyle(box);
    const bars = Math.max(1, Math.floor((width + GAP) / (BAR + GAP)));
    const played = total() ? audio.currentTime / total() : 0;
    pen.scale(scale, scale);
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar * peaks.length) / bars);
      const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
      const tall = Math.max(2, (Math.max(0, ...peaks.subarray(from, to)) / loudest) * height);
      const at = (bar + 0.5) / bars;
      pen.fillStyle = colour.getPropertyValue(at <= played ? "--accent" : "--wave");
      if (hover !== null && at > played && at <= hover) pen.fillStyle = colour.getPropertyValue("--edge");
      pen.fillRect(bar * (BAR + GAP), (height - tall) / 2, BAR, tall);
    }
  }

  function tell() {
    now.textContent = clock(audio.currentTime);
    wave.setAttribute("aria-valuemax", String(Math.max(1, Math.floor(total()))));
    wave.setAttribute("aria-valuenow", String(Math.floor(audio.currentTime)));
    wave.setAttribute("aria-valuetext", `${spoken(audio.currentTime)} of ${spoken(total())}`);
    draw();
  }

  function seek(seconds) {
    audio.currentTime = Math.min(Math.max(seconds, 0), Math.max(total() - 0.05, 0));
    tell();
  }

  async function start() {
    trouble.hidden = true;
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    try { await audio.play(); } catch (reason) { if (reason.name !== "AbortError") explain(); }
  }

  // The browser only says "error"; the server says why.
  async function explain() {
    let said = "";
    try {
      const answer = await fetch(audio.src, { headers: { Range: "bytes=0-0", Accept: "application/problem+json" } });
      if (!answer.ok) said = (await answer.json()).detail;
    } catch { said = "The archive does not answer."; }
    trouble.textContent = said || "This browser cannot play this kind of file. It can still be downloaded where that is allowed.";
    trouble.hidden = false;
  }

  const at = (event) => {
    const place = wave.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - place.left) / place.width, 0), 1);
  };
  const keys = {
    ArrowLeft: () => seek(audio.currentTime - 5), ArrowDown: () => seek(audio.currentTime - 5),
    ArrowRight: () => seek(audio.currentTime + 5), ArrowUp: () => seek(audio.currentTime + 5),
    PageDown: () => seek(audio.currentTime - 30), PageUp: () => seek(audio.currentTime + 30),
    Home: () => seek(0), End: () => seek(total()),
    " ": () => (audio.paused ? start() : audio.pause()), Enter: () => (audio.paused ? start() : audio.pause()),
  };

  play.addEventListener("click", () => (audio.paused ? start() : audio.pause()));
  wave.addEventListener("click", (event) => { seek(at(event) * total()); if (audio.paused) start(); });
  wave.addEventListener("pointermove", (event) => { hover = at(event); draw(); });
  wave.addEventListener("pointerleave", () => { hover = null; draw(); });
  wave.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  for (const name of ["timeupdate", "seeked", "durationchange", "ended"]) audio.addEventListener(name, tell);
  for (const name of ["play", "pause", "ended"]) {
    audio.addEventListener(name, () => {
      box.classList.toggle("playing", !audio.paused);
      play.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    });
  }
  audio.addEventListener("error", explain);
  audio.addEventListener("playing", () => {
    if (!navigator.mediaSession) return;
    navigator.mediaSession.metadata = new MediaMetadata({ title: box.dataset.title, artist: box.dataset.artist });
  });

  audio.controls = false;
  audio.hidden = true;
  for (const part of [play, wave, box.querySelector(".time")]) part.hidden = false;
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  tell();
}

function players() {
  for (const box of document.querySelectorAll("[data-player]:not([data-ready])")) {
    box.dataset.ready = "";
    player(box);
  }
}
players();
document.addEventListener("page:shown", players);
