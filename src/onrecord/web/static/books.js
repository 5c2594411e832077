// SPDX-FileCopyrightText: 2026 The onrecord contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Shows beside each slider what it stands at, while it is moved. Without this script the page says it once it was sent.
"use strict";

document.addEventListener("input", (event) => {
  if (!event.target.matches(".slide input")) return;
  event.target.closest(".slide").querySelector("output").value = String(Number(event.target.value));
});
