/** A site for any static host; with `--mode single` one file that opens from a disk; with `--mode bench` what measures. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { defineConfig, type Plugin } from "vite";

const packed = new URL("../../target/npm/package/dist/", import.meta.url).pathname;
const target = new URL("../../target/playground/", import.meta.url).pathname;

/** The service worker, which has to know the names of all files. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    generateBundle(_, bundle) {
      const hash = createHash("sha256");
      for (const [name, part] of Object.entries(bundle).sort())
        hash.update(name).update(part.type === "chunk" ? part.code : part.source);
      const files = ["./", ...Object.keys(bundle).filter((name) => name !== "index.html")];
      const source = readFileSync(new URL("src/sw.js", import.meta.url), "utf8")
        .replace('["__FILES__"]', JSON.stringify(files))
        .replace("__BUILD__", `pvefw-${hash.digest("hex").slice(0, 12)}`);
      this.emitFile({ type: "asset", fileName: "sw.js", source });
    },
  };
}

/** Puts scripts and styles into the page. */
function inOneFile(): Plugin {
  return {
    name: "in-one-file",
    enforce: "post",
    transform(code, id) {
      // Page and worker get the module from `start-inline.ts`; a second copy would be dead weight.
      if (!id.startsWith(packed)) return null;
      return code.replaceAll(/new URL\("\.\/(?:pvefw\.wasm|worker\.js)", import\.meta\.url\)/g, "undefined");
    },
    generateBundle(_, bundle) {
      const page = bundle["index.html"];
      if (page?.type !== "asset") return;
      let html = String(page.source);
      for (const [name, part] of Object.entries(bundle)) {
        if (name === "index.html") continue;
        if (part.type === "chunk") {
          const script = part.code.replaceAll("</script", "<\\/script");
          html = html
            .replace(/<script type="module"[^>]*><\/script>/, "")
            .replace("</body>", () => `<script type="module">${script}</script></body>`);
        } else if (name.endsWith(".css")) {
          html = html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${String(part.source)}</style>`);
        }
        Reflect.deleteProperty(bundle, name);
      }
      Reflect.deleteProperty(bundle, "index.html");
      this.emitFile({ type: "asset", fileName: "pvefw-playground.html", source: html });
    },
  };
}

export default defineConfig(({ mode }) => {
  const single = mode === "single";
  return {
    base: "./",
    plugins: single ? [inOneFile()] : mode === "bench" ? [] : [serviceWorker()],
    resolve: {
      alias: [
        ...(single
          ? [{ find: /^\.\/start\.ts$/, replacement: new URL("src/start-inline.ts", import.meta.url).pathname }]
          : []),
        { find: "pvefw/codemirror", replacement: `${packed}codemirror/index.js` },
        { find: "pvefw/remote", replacement: `${packed}remote.js` },
        { find: "pvefw/worker", replacement: `${packed}worker.js` },
        { find: /^pvefw\/pvefw\.wasm/, replacement: `${packed}pvefw.wasm` },
        { find: /^pvefw$/, replacement: `${packed}index.js` },
      ],
      // The package stands outside of this folder, and there must be but one copy of each.
      dedupe: [
        ...["state", "view", "language", "autocomplete", "lint"].map((name) => `@codemirror/${name}`),
        "@lezer/highlight",
      ],
    },
    server: { fs: { allow: ["../.."] } },
    worker: { format: single ? "iife" : "es", plugins: () => (single ? [inOneFile()] : []) },
    build: {
      outDir: `${target}${mode === "single" || mode === "bench" ? mode : "site"}`,
      ...(mode === "bench" ? { rolldownOptions: { input: "bench.html" } } : {}),
      emptyOutDir: true,
      target: "es2022",
      modulePreload: false,
      chunkSizeWarningLimit: 6000,
    },
  };
});
