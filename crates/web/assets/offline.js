// Keeps the last dashboard, statement and directory for reading without a network, stamped with their time. Never a form.
"use strict";
const NAME = "innerlectra-1", PAGES_MAX = 12;
const KEPT = /^\/app\/clusters\/[^/]+(\/members(\/\d+\/statement)?)?$/;
const DOORS = /^\/app\/(sign-|practice|sessions|start)/;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const request = event.request, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  // Another reader, or none: what the last one kept goes first.
  if (request.method !== "GET") return DOORS.test(url.pathname) ? event.waitUntil(caches.delete(NAME)) : undefined;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate" && KEPT.test(url.pathname)) event.respondWith(page(request, url.pathname));
  else if (request.mode === "navigate" && /^\/(app\/?)?$/.test(url.pathname)) event.respondWith(fetch(request).catch(first));
});

async function file(request) {
  const kept = await caches.open(NAME), found = await kept.match(request.url, { ignoreVary: true });
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await kept.put(request.url, answer.clone());
  return answer;
}

async function page(request, path) {
  try {
    const answer = await fetch(request);
    if (answer.ok) await keep(path, answer.clone());
    return answer;
  } catch (error) {
    const found = await (await caches.open(NAME)).match(path, { ignoreVary: true });
    if (!found) throw error;
    return stamped(found);
  }
}

async function keep(path, answer) {
  const kept = await caches.open(NAME);
  await kept.delete(path);
  await kept.put(path, answer);
  const pages = (await kept.keys()).filter((r) => KEPT.test(new URL(r.url).pathname));
  await Promise.all(pages.slice(0, -PAGES_MAX).map((r) => kept.delete(r)));
}

// The page as it was, with its age above it, without colour, with its forms shut.
async function stamped(found) {
  const text = await found.text(), at = new Date(found.headers.get("date")), today = new Date().toDateString() === at.toDateString();
  const when = (today ? "" : at.toISOString().slice(0, 10) + " ") + at.toTimeString().slice(0, 5);
  const say = (/ data-offline="([^"]*)"/.exec(text) || [, "{}"])[1].replace("{}", when);
  const note = '<div class="note is-watch offline" role="status"><p><b>' + say + "</b></p></div>";
  const body = text
    .replace(/<body[^>]*>/, '<body class="is-old">')
    .replace(/ data-live="[^"]*"/, "")
    .replace(/<form /g, "<form inert ")
    .replace(/<main[^>]*>/, (main) => main + note);
  return new Response(body, { headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": found.headers.get("content-security-policy") || "" } });
}

// The first page without a network is the dashboard read last.
async function first() {
  const pages = (await (await caches.open(NAME)).keys()).map((r) => new URL(r.url).pathname).filter((p) => /^\/app\/clusters\/[^/]+$/.test(p));
  return pages.length ? Response.redirect(pages[pages.length - 1]) : Response.error();
}
