/** What the parts of the integration know about the file they stand in. */

import { Facet } from "@codemirror/state";

import type { Service } from "../service.js";
import type { Changed, Check, Span } from "../types.js";

/** How an editor is joined to a datacenter. */
export interface Support {
  /** The datacenter, here or in a worker. */
  readonly datacenter: Service;
  /** The file that the editor shows: `firewall/100.fw`. */
  readonly file: string;
  /** Told all findings, those of other files too, after each change. */
  readonly onCheck?: ((check: Check) => void) | undefined;
  /** Opens a place, maybe in another file. Without it one gets no further than this file. */
  readonly open?: ((place: Pick<Span, "file" | "from" | "to" | "line">) => void) | undefined;
  /** Told of other files that a fix has changed. */
  readonly onChanged?: ((changed: readonly Changed[]) => void) | undefined;
  /** Told why something did not work, in a line for people. */
  readonly onFailure?: ((why: string) => void) | undefined;
}

/** The support that is given in a state; the first counts. */
export const support = Facet.define<Support, Support | null>({ combine: (given) => given[0] ?? null });
