// Copyright (c) 2026, cloudctl.vastai contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// The server renders the page, always whole. This takes over what has changed in it, so that what has not keeps its
// focus, its selection and its place.
"use strict";

const EVERY = 1000;
const said = document.getElementById("said");
let asked = 0;
let shown = 0;
let waiting = 0;
let lost = false;

// What is the reader's own, not the server's.
const isOwn = (name) => name === "open";

function adoptAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isOwn(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

// Make `old` like `fresh`. Children with an id are found by it, others by their place.
function adopt(old, fresh) {
  if (old === said || old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  adoptAttributes(old, fresh);
  const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  const next = [...fresh.childNodes].map((child, place) => {
    const own = child.id ? known.get(child.id) : old.childNodes[place];
    if (!own || own.nodeName !== child.nodeName || (own.id || "") !== (child.id || "")) {
      return document.importNode(child, true);
    }
    adopt(own, child);
    return own;
  });
  const staying = new Set(next);
  for (const child of [...old.childNodes]) {
    if (!staying.has(child)) child.remove();
  }
  next.forEach((child, place) => {
    if (old.childNodes[place] !== child) old.insertBefore(child, old.childNodes[place] || null);
  });
}

function say(text, trouble = false) {
  if (said.textContent !== text) said.textContent = text;
  said.hidden = !text;
  said.classList.toggle("trouble", trouble);
}

// Ask, and show the page that comes. An answer that was overtaken by a later one is dropped.
async function ask(address, options, words) {
  const turn = ++asked;
  waiting += 1;
  try {
    const answer = await fetch(address, options);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    if (!main) throw new Error(`status ${answer.status}`);
    tell(answer.ok, words, page.getElementById("refusal"));
    if (turn > shown) {
      shown = turn;
      adopt(document.querySelector("main"), main);
    }
  } catch (error) {
    lost = true;
    say(`The emulator does not answer (${error.message}). What is shown is what was last known.`, true);
  } finally {
    waiting -= 1;
  }
}

// Say how a click went. A refusal would be gone from the page with its next refresh.
function tell(ok, words, refusal) {
  if (!ok) {
    say(refusal.textContent, true);
    refusal.hidden = true;
  } else if (words || lost) {
    say(words || "");
  }
  lost = false;
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const button = event.submitter;
  const fields = new URLSearchParams(new FormData(form, button));
  if (form.method === "post") {
    button.closest("#reset")?.removeAttribute("open");
    ask(form.action, { method: "POST", body: fields }, `Done: ${button.getAttribute("aria-label") || button.textContent}`);
  } else {
    history.replaceState(null, "", `?${fields}`);
    ask(location.href);
  }
});

document.getElementById("filter").addEventListener("input", (event) => event.currentTarget.requestSubmit());

setInterval(() => {
  if (!document.hidden && !waiting) ask(location.href);
}, EVERY);
