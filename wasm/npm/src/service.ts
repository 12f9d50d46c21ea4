/** What the editor and other front ends ask: a {@link Datacenter}, here or in a worker. */

import type { Datacenter } from "./datacenter.js";

/** The questions of a {@link Datacenter}, without how it ends. */
export type Method = Exclude<Extract<keyof Datacenter, string>, "free">;

/**
 * A {@link Datacenter} that may be far away: the same methods, whose answers may be promises. A `Datacenter` is one, and so
 * is what {@link connect} gives.
 */
export type Service = {
  readonly [M in Method]: (...given: Parameters<Datacenter[M]>) => Awaitable<ReturnType<Datacenter[M]>>;
};

/** A {@link Datacenter} in a worker: the same methods, whose answers are promises. */
export type Remote = {
  readonly [M in Method]: (...given: Parameters<Datacenter[M]>) => Promise<ReturnType<Datacenter[M]>>;
};

/** A value, or the promise of one. */
export type Awaitable<T> = T | Promise<T>;
