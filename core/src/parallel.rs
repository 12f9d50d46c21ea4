//! Independent work on several processors, where there are threads. The results come in the order of the items, so
//! nothing depends on how many processors there are.

use alloc::vec::Vec;

/// Cuts the items into runs of at least `least` and works on each.
#[cfg(feature = "std")]
pub(crate) fn in_runs<T: Sync, R: Send>(
    items: &[T],
    least: usize,
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    use core::num::NonZero;
    use std::thread::{Builder, available_parallelism, scope};

    let processors = available_parallelism().map_or(1, NonZero::get);
    let runs = processors.min(items.len() / least.max(1)).max(1);
    let mut parts = items.chunks(items.len().div_ceil(runs).max(1));
    let Some(first) = parts.next() else { return Vec::from([work(items)]) };
    scope(|scope| {
        let work = &work;
        let started: Vec<_> =
            parts.map(|part| (part, Builder::new().spawn_scoped(scope, move || work(part)))).collect();
        let mut results = Vec::from([work(first)]);
        for (part, thread) in started {
            results.push(match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // No thread to be had (limits, WebAssembly): do it here.
                Err(_) => work(part),
            });
        }
        results
    })
}

/// Does two things, apart if that is worth a thread.
#[cfg(feature = "std")]
pub(crate) fn both<A: Send, B>(
    apart: bool,
    first: impl Fn() -> A + Sync,
    second: impl FnOnce() -> B,
) -> (A, B) {
    use std::thread::{Builder, scope};

    if !apart {
        return (first(), second());
    }
    scope(|scope| {
        let thread = Builder::new().spawn_scoped(scope, &first);
        let second = second();
        let first = match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // No thread to be had.
            Err(_) => first(),
        };
        (first, second)
    })
}

/// Does two things, one after the other: there are no threads without `std`.
#[cfg(not(feature = "std"))]
pub(crate) fn both<A, B>(_: bool, first: impl Fn() -> A, second: impl FnOnce() -> B) -> (A, B) {
    (first(), second())
}

/// Works on all items at once: there are no threads without `std`.
#[cfg(not(feature = "std"))]
pub(crate) fn in_runs<T, R>(items: &[T], _: usize, work: impl Fn(&[T]) -> R) -> Vec<R> {
    Vec::from([work(items)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_and_lose_nothing() {
        let items: Vec<u32> = (0..1000).collect();
        for least in [1, 7, 999, 5000] {
            let runs = in_runs(&items, least, <[u32]>::to_vec);
            assert_eq!(runs.concat(), items, "{least}");
        }
        assert_eq!(in_runs(&[] as &[u32], 1, <[u32]>::len), [0]);
        assert_eq!([false, true].map(|apart| both(apart, || 1, || "b")), [(1, "b"); 2]);
    }
}
