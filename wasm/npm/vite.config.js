/** Puts CodeMirror into `element.js`, so that one script tag is enough. `DIST` is what `tsc` has written. */

import { defineConfig } from "vite";

const dist = process.env.DIST ?? "dist";

export default defineConfig({
  logLevel: "warn",
  // `DIST` may stand outside of this folder; what it needs is here.
  resolve: {
    dedupe: ["autocomplete", "commands", "language", "lint", "search", "state", "view"]
      .map((name) => `@codemirror/${name}`)
      .concat("@lezer/highlight"),
  },
  build: {
    outDir: dist,
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: {
      input: `${dist}/element.js`,
      preserveEntrySignatures: "exports-only",
      // These stand beside it: the module and the worker are found from there.
      external: ["./remote.js", "./index.js"],
      output: { entryFileNames: "element.js", chunkFileNames: "element-[name].js" },
    },
  },
});
