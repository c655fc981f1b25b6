//! Many looks at files that have nothing to do with each other: in as many threads as there are processors.
//!
//! The kernel's part of opening, reading and closing a small file is most of what it costs, and it has no lock that two
//! files share. What is given back is in the order of what was asked, whichever thread was first. Only for what changes
//! nothing: calls that change the disk are made in one order, which the crash tests count.

use std::num::NonZero;

use crate::error::{Error, Kind, Result};

/// Up to so many, one thread does all: starting another costs as much as reading some hundreds.
const MANY: usize = 1000;

/// As many threads as are ever started.
const MAX_THREADS: usize = 8;

/// What the threads made, one after the other; nothing is moved to put it together.
pub type InOrder<T> = std::iter::Flatten<std::vec::IntoIter<Vec<T>>>;

/// Does something with the parts of a list, each at least so long; gives what each came to, in the list's order.
pub fn parts<T: Sync, R: Send>(list: &[T], least: usize, work: &(dyn Fn(&[T]) -> R + Sync)) -> Vec<R> {
    let share = list.len().div_ceil(n_threads(list.len(), least)).max(least);
    if list.len() <= share {
        return vec![work(list)];
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = list.chunks(share).map(|part| scope.spawn(move || work(part))).collect();
        // A part whose thread panicked is done here, where the panic is told.
        parts
            .into_iter()
            .zip(list.chunks(share))
            .map(|(part, own)| part.join().unwrap_or_else(|_| work(own)))
            .collect()
    })
}

/// Tells how many threads share so many looks, of which none is started for fewer than `least`.
pub fn n_threads(n: usize, least: usize) -> usize {
    // To count the processors, files of the control group are read: as much work as looking at ten files.
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    if n <= least { 1 } else { processors() }
}

/// Does the same for each; `start` makes what one thread works with (its open directories).
pub fn each<S, T: Send, U: Send>(
    mut all: Vec<T>,
    start: &(dyn Fn() -> S + Sync),
    work: &(dyn Fn(&mut S, T) -> Result<U> + Sync),
) -> Result<InOrder<U>> {
    let do_part = |part: Vec<T>| -> Result<Vec<U>> {
        let mut with = start();
        part.into_iter().map(|one| work(&mut with, one)).collect()
    };
    let n_threads = n_threads(all.len(), MANY);
    if n_threads == 1 {
        return Ok(vec![do_part(all)?].into_iter().flatten());
    }
    let size = all.len().div_ceil(n_threads);
    let mut parts = Vec::new();
    while all.len() > size {
        parts.push(all.split_off(all.len() - size));
    }
    let done: Vec<Result<Vec<U>>> = std::thread::scope(|scope| {
        let others: Vec<_> = parts.into_iter().map(|part| scope.spawn(|| do_part(part))).collect();
        let first = do_part(all);
        let rest = others.into_iter().rev().map(|other| joined(other.join()));
        std::iter::once(first).chain(rest).collect()
    });
    Ok(done.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten())
}

/// Does two things at once where both are large, else one after the other.
pub fn both<A: Send, B>(
    large: bool,
    one: impl FnOnce() -> Result<A> + Send,
    other: impl FnOnce() -> Result<B>,
) -> Result<(A, B)> {
    if !large {
        return Ok((one()?, other()?));
    }
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        Ok((joined(one.join())?, other?))
    })
}

fn joined<T>(ended: std::thread::Result<Result<T>>) -> Result<T> {
    ended.unwrap_or_else(|_| Err(Error::new(Kind::Bug, "a mistake in redraft itself (a thread)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_kept_whatever_thread_was_first() {
        for n in [0, 1, MANY - 1, MANY, MANY + 1, 10 * MANY + 7] {
            let done = each((0..n).collect(), &|| 0_usize, &|seen, one| {
                *seen += 1;
                Ok((one, *seen))
            });
            let done: Vec<_> = done.unwrap().collect();
            assert!(done.iter().map(|(one, _)| *one).eq(0..n), "{n}");
            assert!(n <= MANY || done.iter().any(|(one, seen)| one + 1 != *seen) || one_processor(), "{n}");
        }
    }

    fn one_processor() -> bool {
        std::thread::available_parallelism().is_ok_and(|n| n.get() == 1)
    }

    #[test]
    fn parts_come_in_order_and_none_is_shorter_than_it_may_be() {
        for n in [0, 1, 7, 8, 9, 1_000] {
            let list: Vec<usize> = (0..n).collect();
            let parts = parts(&list, 8, &<[usize]>::to_vec);
            assert!(parts.iter().rev().skip(1).all(|part| part.len() >= 8), "{n}");
            assert_eq!(parts.concat(), list);
            assert!(n <= 16 || parts.len() > 1 || one_processor(), "{n}");
        }
    }

    #[test]
    fn the_first_failure_in_order_is_told() {
        let fails = |(): &mut (), one: usize| {
            if one % 4_000 == 3_999 { Err(Error::refused(one.to_string())) } else { Ok(one) }
        };
        let failed = each((0..20_000).collect(), &|| (), &fails).err();
        assert_eq!(failed.map(|error| error.message), Some("3999".to_string()));
    }
}
