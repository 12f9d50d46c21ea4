/** All files in the fragment of an address: compressed, and read by nobody but the page that it opens. */

const version = "1.";

/** What a link opens. */
export interface Shared {
  readonly files: Readonly<Record<string, string>>;
  /** The file that is shown. */
  readonly open?: string;
  /** The node that is looked from. */
  readonly node?: string;
}

/** Longer addresses are cut by some programs on their way. */
export const longest = 32_000;

/** The fragment, with its `#`. */
export async function pack(shared: Shared): Promise<string> {
  const stream = new Blob([JSON.stringify(shared)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `#${version}${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** What a fragment holds; `null` if it is none of ours. Rejected if it was cut or changed on its way. */
export async function unpack(fragment: string): Promise<Shared | null> {
  if (!fragment.startsWith(`#${version}`)) return null;
  const text = atob(
    fragment
      .slice(1 + version.length)
      .replaceAll("-", "+")
      .replaceAll("_", "/"),
  );
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const shared: unknown = JSON.parse(await new Response(stream).text());
  if (!valid(shared)) throw new Error("the link holds no files");
  return shared;
}

function valid(shared: unknown): shared is Shared {
  if (typeof shared !== "object" || shared === null || !("files" in shared)) return false;
  const files = shared.files;
  return typeof files === "object" && files !== null && Object.values(files).every((text) => typeof text === "string");
}
