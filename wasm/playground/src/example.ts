/** The example datacenter, put into the page when it is built. */

const texts = import.meta.glob<string>("../../../examples/datacenter/**/*", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Its files: path below the root, and text. */
export const example: ReadonlyMap<string, string> = new Map(
  Object.entries(texts).map(([path, text]) => [path.replace(/^.*\/examples\/datacenter\//, ""), text]),
);
