//! Many looks at files that have nothing to do with each other: in as many threads as there are processors.
//!
//! The kernel's part of opening, reading and closing a small file is most of what it costs, and it has no lock that two
//! files share. What is given back is in the order of what was asked, whichever thread was first. Only for what changes
//! nothing: calls that change the disk are made in one order, which the crash tests count.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError, mpsc};

use crate::error::{Error, Kind, Result};

/// Up to so many, one thread does all: starting another costs as much as reading some hundreds.
const MANY: usize = 1000;

/// A short part of a list is this part of a thread's share.
const SHORT: usize = 24;

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
    all: Vec<T>,
    start: &(dyn Fn() -> S + Sync),
    work: &(dyn Fn(&mut S, T) -> Result<U> + Sync),
) -> Result<InOrder<U>> {
    let parts = in_parts(all, &|part: Vec<T>, _| {
        // All the room at once: as it grows, everything in it would be moved to fresh pages.
        let (mut with, mut done) = (start(), Vec::with_capacity(part.len()));
        for one in part {
            done.push(work(&mut with, one)?);
        }
        Ok(done)
    })?;
    Ok(parts.into_iter().flatten())
}

/// Does the same for each, and gives what was worked with, in which is kept what was found, in the list's order: one for each
/// part of it. `start` is told how many there are from a part's first one to the last of all.
pub fn gather<S: Send, T: Send>(
    all: Vec<T>,
    start: &(dyn Fn(usize) -> S + Sync),
    work: &(dyn Fn(&mut S, T) -> Result<()> + Sync),
) -> Result<Vec<S>> {
    in_parts(all, &|part: Vec<T>, n| {
        let mut with = start(n);
        part.into_iter().try_for_each(|one| work(&mut with, one))?;
        Ok(with)
    })
}

/// Shares a list among threads; each does a part, and is told how many there are from its first one to the last of all.
///
/// Each thread begins with a long part, and what is left at the end is in short ones, which go to whoever is done first.
fn in_parts<T: Send, R: Send>(
    all: Vec<T>,
    do_part: &(dyn Fn(Vec<T>, usize) -> Result<R> + Sync),
) -> Result<Vec<R>> {
    let (n, n_threads) = (all.len(), n_threads(all.len(), MANY));
    if n_threads == 1 {
        return Ok(vec![do_part(all, n)?]);
    }
    let parts = Mutex::new(shares(all, n_threads).into_iter().enumerate());
    let take = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut done = Vec::new();
        while let Some((nth, (part, rest))) = take() {
            done.push((nth, do_part(part, rest)));
        }
        Ok(done)
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(work)).collect();
        let mut done = work()?;
        for other in others {
            done.append(&mut joined(other.join())?);
        }
        Ok(done)
    })?;
    done.sort_unstable_by_key(|(nth, _)| *nth);
    done.into_iter().map(|(_, part)| part).collect()
}

/// Divides a list: a long part for each thread, then short ones, each with how many there are from its first one on.
fn shares<T>(mut all: Vec<T>, n_threads: usize) -> Vec<(Vec<T>, usize)> {
    let n = all.len();
    let short = (n / (n_threads * SHORT)).max(1);
    let n_short = 2 * n_threads;
    let long = (n - n_short * short).div_ceil(n_threads);
    let begins = (1..n_threads).map(|nth| nth * long).chain((1..=n_short).rev().map(|nth| n - nth * short));
    let mut parts: Vec<_> = begins.rev().map(|at| (all.split_off(at), n - at)).collect();
    parts.push((all, n));
    parts.reverse();
    parts
}

/// Makes a text of a part of a list, in room that is empty.
type Maker<'a, T> = dyn Fn(&[T], &mut Vec<u8>) -> Result<()> + Sync + 'a;

/// Makes a text of each `part` of a long list, every second one by another thread, and puts them in the list's order.
///
/// Two texts are in memory at once, or three: whoever makes them ahead waits until they are taken.
pub fn texts<T: Sync>(
    list: &[T],
    part: usize,
    make: &Maker<'_, T>,
    put: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let parts = || list.chunks(part.max(1)).enumerate();
    let is_others = |nth: usize| nth % 2 == 1;
    let is_shared = n_threads(list.len(), MANY) > 1;
    std::thread::scope(|scope| {
        let (give, given) = mpsc::sync_channel(1);
        let (spare, room) = mpsc::channel::<Vec<u8>>();
        if is_shared {
            scope.spawn(move || {
                for (_, some) in parts().filter(|(nth, _)| is_others(*nth)) {
                    let mut text = room.try_recv().unwrap_or_default();
                    text.clear();
                    let ended = make(some, &mut text).map(|()| text);
                    // Nobody waits for more when something failed.
                    if give.send(ended).is_err() {
                        return;
                    }
                }
            });
        }
        let mut own = Vec::new();
        for (nth, some) in parts() {
            if is_shared && is_others(nth) {
                let text = given.recv().map_err(|_| a_thread())??;
                put(&text)?;
                let _ = spare.send(text);
            } else {
                own.clear();
                make(some, &mut own)?;
                put(&own)?;
            }
        }
        Ok(())
    })
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
    ended.unwrap_or_else(|_| Err(a_thread()))
}

fn a_thread() -> Error {
    Error::new(Kind::Bug, "a mistake in redraft itself (a thread)")
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;

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

    #[test]
    fn what_is_gathered_is_in_order_and_each_part_knows_how_many_may_come() {
        for n in [0, 1, MANY, MANY + 1, 10 * MANY + 7] {
            let parts = gather((0..n).collect(), &|rest| (rest, Vec::new()), &|(_, seen), one| {
                seen.push(one);
                Ok(())
            })
            .unwrap();
            let mut rest = n;
            for (told, seen) in &parts {
                assert_eq!(*told, rest);
                rest -= seen.len();
            }
            assert!(parts.into_iter().flat_map(|(_, seen)| seen).eq(0..n), "{n}");
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
    fn texts_are_put_in_order_and_a_failure_on_either_side_ends_it() {
        for n in [0, 1, 7, 8, MANY, MANY + 1, 4 * MANY + 3] {
            let list: Vec<usize> = (0..n).collect();
            for failing in [None, Some(0), Some(n / 2), Some(n / 2 + 7), n.checked_sub(1)] {
                let write = |some: &[usize], text: &mut Vec<u8>| {
                    assert!(text.is_empty());
                    some.iter().try_for_each(|one| {
                        text.extend_from_slice(format!("{one}\n").as_bytes());
                        if failing == Some(*one) { Err(Error::refused(one.to_string())) } else { Ok(()) }
                    })
                };
                let mut all = Vec::new();
                let ended = texts(&list, 7, &write, &mut |text| {
                    all.extend_from_slice(text);
                    Ok(())
                });
                let fails = failing.filter(|one| *one < n);
                let whole = fails.map_or(n, |one| one - one % 7);
                assert_eq!(ended.err().map(|error| error.message), fails.map(|one| one.to_string()));
                assert!(all.lines().map(Result::unwrap).eq((0..whole).map(|one| one.to_string())), "{n}");
            }
            let mut left = 3;
            let ended = texts(&list, 7, &|_, _| Ok(()), &mut |_| {
                left -= 1;
                if left == 0 { Err(Error::refused("full")) } else { Ok(()) }
            });
            assert_eq!(ended.is_err(), n > 14);
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
