/** Keeps the page in the browser, so that it opens without a network. */

/** Registers the service worker, where there is one, and says when all is kept. */
export async function offline(): Promise<void> {
  const sign = document.querySelector("#offline");
  if (sign === null || !location.protocol.startsWith("http") || !("serviceWorker" in navigator)) return;
  if (!import.meta.env.PROD) return;
  try {
    await navigator.serviceWorker.register("./sw.js");
    await navigator.serviceWorker.ready;
    sign.textContent = "works offline";
  } catch {
    // A page that is served without TLS may not keep itself; everything else works.
    sign.textContent = "";
  }
}
