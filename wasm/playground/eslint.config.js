// The rules of the package hold here, too.
import shared from "../npm/eslint.config.js";

export default [
  // A project of its own, with its own compiler's eyes.
  { ignores: ["test/consumer"] },
  ...shared,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  // What the browser runs as it is has no types.
  { files: ["**/*.js"], languageOptions: { parserOptions: { projectService: false } } },
  {
    files: ["test/**"],
    rules: {
      // Node.js waits for its tests by itself.
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["it", "describe", "suite", "test"] },
          ],
        },
      ],
    },
  },
];
