import { defineConfig } from "vite";

const packed = new URL("../../target/npm/package/dist/", import.meta.url).pathname;

export default defineConfig({
  base: "./",
  resolve: {
    alias: [
      { find: "pvefw/codemirror", replacement: `${packed}codemirror/index.js` },
      { find: "pvefw/remote", replacement: `${packed}remote.js` },
      { find: /^pvefw$/, replacement: `${packed}index.js` },
    ],
    // The package stands outside of this folder, and there must be but one copy of each.
    dedupe: ["state", "view", "language", "autocomplete", "lint"].map((name) => `@codemirror/${name}`).concat("@lezer/highlight"),
  },
  worker: { format: "es" },
  build: { outDir: "../../target/playground/site", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 1200 },
});
