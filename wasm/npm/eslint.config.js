import tseslint from "typescript-eslint";

export default tseslint.config(
  // The consumer sees the packed package only, which checks it there.
  { ignores: ["**/dist/**", "**/node_modules/**", "test/consumer/**"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in texts read well.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // The one place that turns text into types says what it expects.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  { files: ["**/*.js", "**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
