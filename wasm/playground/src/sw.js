// Keeps the files of one build, and answers with them; the names were put in when the page was built.
/* global self, caches, fetch, URL */

const build = "__BUILD__";
const files = ["__FILES__"];

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(build);
    await cache.addAll(files.map((file) => new Request(file, { cache: "reload" })));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    const names = await caches.keys();
    await Promise.all(
      names.filter((name) => name.startsWith("pvefw-") && name !== build).map((name) => caches.delete(name)),
    );
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  const answer = async () => {
    const cache = await caches.open(build);
    const found = await cache.match(request, { ignoreSearch: true });
    if (request.mode !== "navigate") return found ?? fetch(request);
    // A newer page wins, if it can be had.
    return fetch(request).catch(() => found ?? cache.match("./"));
  };
  event.respondWith(answer());
});
