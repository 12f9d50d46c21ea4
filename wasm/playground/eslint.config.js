// The rules of the package hold here, too.
import shared from "../npm/eslint.config.js";

export default [
  { ignores: ["public/sw.js"] },
  ...shared,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
];
