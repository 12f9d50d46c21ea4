/** The languages of the files, as far as colours, brackets and comments need them. What is right or wrong says the core. */

import { LanguageSupport, StreamLanguage, type StreamParser, type StringStream } from "@codemirror/language";

/** Where in a file the tokenizer is. */
interface Place {
  /** The section it is in, in lower case. */
  section: "options" | "aliases" | "rules" | "ipset" | "none";
  /** The number of words of the line so far. */
  words: number;
  /** The option of a rule whose value comes next. */
  option: string | null;
}

const directions = /^(?:IN|OUT|FORWARD|GROUP)(?=\s|$)/i;
const verdicts = /^(?:ACCEPT|DROP|REJECT)(?![\w-])/;
const address =
  /^!?(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,3})?|(?=[\da-f:]*:[\da-f:]*:)[\da-f:.]+(?:\/\d{1,3})?)(?![\w.])/i;

/** Firewall files: sections of options, aliases, sets, groups and rules. */
const firewall: StreamParser<Place> = {
  name: "pvefw",
  startState: () => ({ section: "none", words: 0, option: null }),
  copyState: (place) => ({ ...place }),
  token(stream, place) {
    if (stream.sol()) {
      place.words = 0;
      place.option = null;
    }
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (place.words === 0 && stream.match(/^\[[^\]]*\]?/)) return header(stream, place);
    const first = place.words === 0;
    place.words += 1;
    if (place.section === "rules") return rule(stream, place, first);
    if (stream.match(address)) return "number";
    if (first) return line(stream, place);
    return value(stream);
  },
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["[", "("] } },
};

function header(stream: StringStream, place: Place): string {
  const name = /^\[\s*(\w+)/.exec(stream.current())?.[1]?.toLowerCase();
  if (name === "options" || name === "aliases" || name === "ipset") place.section = name;
  else place.section = name === "rules" || name === "group" ? "rules" : "none";
  return "heading";
}

/** The first word of a line that is no rule. */
function line(stream: StringStream, place: Place): string | null {
  if (place.section === "options" && stream.match(/^[\w-]+(?=\s*:)/)) return "propertyName";
  if (place.section === "aliases" && stream.match(/^[\w.-]+/)) return "variableName.definition";
  return value(stream);
}

function rule(stream: StringStream, place: Place, first: boolean): string | null {
  if (first && stream.match(/^\|/)) {
    place.words = 0;
    return "meta";
  }
  if (first && stream.match(directions)) {
    place.option = /group/i.test(stream.current()) ? "group" : "action";
    return "keyword";
  }
  if (stream.match(/^--?[a-z][\w-]*/i)) {
    place.option = stream.current();
    return "attributeName";
  }
  const about = place.option;
  place.option = null;
  if (about === "group") return stream.match(/^[\w-]+/) ? "labelName" : rest(stream);
  if (about === "action") {
    if (stream.match(verdicts)) return "atom";
    if (stream.match(/^\w[\w-]*(?=\()/)) return "typeName";
    return rest(stream);
  }
  if (stream.match(/^\(/) || stream.match(/^\)/)) return "paren";
  if (stream.match(verdicts)) return "atom";
  return value(stream);
}

function value(stream: StringStream): string | null {
  if (stream.match(address)) return "number";
  if (stream.match(/^!?\+(?:(?:dc|guest|sdn)\/)?[\w-]+/)) return "variableName";
  if (stream.match(/^\d+(?:[:\-.]\d+)*(?![\w.-])/)) return "number";
  if (stream.match(/^(?:dc|guest)\/[\w-]+/)) return "variableName";
  if (stream.match(/^(?:ACCEPT|DROP|REJECT)(?!\w)/)) return "atom";
  if (stream.match(/^[,:=]/)) return "punctuation";
  return rest(stream);
}

function rest(stream: StringStream): null {
  if (!stream.match(/^[\w.-]+/)) stream.next();
  return null;
}

/** What a guest is: `key: value`, and sections for snapshots. */
const conf: StreamParser<null> = {
  name: "pve-conf",
  token(stream) {
    if (stream.sol() && stream.match(/^#.*/)) return "comment";
    if (stream.sol() && stream.match(/^\[.*/)) return "heading";
    if (stream.match(/^\s*[\w-]+(?=\s*:\s)/)) return "propertyName";
    if (stream.match(/^[\w-]+(?==)/)) return "attributeName";
    if (stream.match(/^[{}:,=]/)) return "punctuation";
    return value(stream);
  },
};

/** `tests.toml` and `facts.json`, nearly enough. */
const data: StreamParser<null> = {
  name: "pvefw-data",
  token(stream) {
    if (stream.match(/^#.*/)) return "comment";
    if (stream.sol() && stream.match(/^\s*\[\[?[\w.-]+\]?\]?/)) return "heading";
    if (stream.match(/^[\w-]+(?=\s*=)/) || stream.match(/^"[\w-]+"(?=\s*:)/)) return "propertyName";
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
    if (stream.match(/^(?:true|false|null)\b/)) return "atom";
    if (stream.match(/^-?\d+(?:\.\d+)?/)) return "number";
    if (stream.match(/^[[\]{},:=]/)) return "punctuation";
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "#" } },
};

const languages = {
  firewall: StreamLanguage.define(firewall),
  conf: StreamLanguage.define(conf),
  data: StreamLanguage.define(data),
};

/** The language of a file, by its path. */
export function pvefwLanguage(file = "firewall/cluster.fw"): LanguageSupport {
  const kind = file.endsWith(".conf") ? "conf" : /\.(?:toml|json)$/.test(file) ? "data" : "firewall";
  return new LanguageSupport(languages[kind]);
}
