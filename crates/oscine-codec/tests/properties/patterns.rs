//! Address patterns against a matcher too simple to be wrong.

use oscine_codec::Pattern;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::arbitrary::address;
use crate::{report, try_all};

/// Whether `pattern` matches the whole of `name`, by trying everything. `//` is any number of levels.
fn naive(pattern: &[u8], name: &[u8]) -> bool {
    let step = |rest| !name.is_empty() && naive(rest, &name[1..]);
    match pattern {
        [] => name.is_empty(),
        // `//`: from this slash, or from any later one, what follows the first of the two.
        [b'/', b'/', ..] => {
            let mut slashes = (0..name.len()).filter(|&at| name[at] == b'/');
            name.first() == Some(&b'/') && slashes.any(|at| naive(&pattern[1..], &name[at..]))
        }
        [b'?', rest @ ..] => name.first() != Some(&b'/') && step(rest),
        [b'*', rest @ ..] => {
            let part = name.iter().take_while(|&&byte| byte != b'/').count();
            (0..=part).any(|taken| naive(rest, &name[taken..]))
        }
        [b'[', rest @ ..] => {
            let end = rest.iter().position(|&byte| byte == b']').unwrap();
            let fits = name.first().is_some_and(|&byte| byte != b'/' && class(&rest[..end], byte));
            fits && step(&rest[end + 1..])
        }
        [b'{', rest @ ..] => {
            let end = rest.iter().position(|&byte| byte == b'}').unwrap();
            let mut choices = rest[..end].split(|&byte| byte == b',');
            choices.any(|text| {
                name.strip_prefix(text).is_some_and(|name| naive(&rest[end + 1..], name))
            })
        }
        [byte, rest @ ..] => name.first() == Some(byte) && step(rest),
    }
}

/// Whether `byte` is in the list between brackets.
fn class(list: &[u8], byte: u8) -> bool {
    match list {
        [b'!', list @ ..] => !listed(list, byte),
        list => listed(list, byte),
    }
}

fn listed(list: &[u8], byte: u8) -> bool {
    match list {
        [] => false,
        [low, b'-', high, rest @ ..] => (*low..=*high).contains(&byte) || listed(rest, byte),
        [one, rest @ ..] => *one == byte || listed(rest, byte),
    }
}

/// Both matchers on `pairs` random pairs, about half of them with a pattern derived from the address.
fn compare(pairs: usize) {
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, b"the same pairs in every test run");
    let mut below = |bound: usize| usize::try_from(random.next_u32()).unwrap() % bound;
    let mut matched = 0;
    for _ in 0..pairs {
        let address = "/".chars().chain((0..below(7)).map(|_| char::from(b"aabc//-"[below(7)])));
        let address: String = address.collect();
        let mut pattern = String::from("/");
        if below(2) == 0 {
            let pieces = [
                "a", "b", "-", "/", "//", "?", "*", "[ab]", "[!a]", "[a-c]", "[b-]", "{a,bc}",
                "{,a}",
            ];
            (0..below(6)).for_each(|_| pattern.push_str(pieces[below(pieces.len())]));
        } else {
            for c in address.chars().skip(1) {
                match (below(8), c) {
                    (0, '/') => pattern.push_str("//"),
                    (0 | 1, _) => pattern.push('*'),
                    (2, _) => pattern.push('?'),
                    (3, _) => pattern.push_str("[!c]"),
                    (4, _) => pattern.push_str("{aa,a,b,}"),
                    _ => pattern.push(c),
                }
            }
        }
        let compiled = Pattern::new(pattern.as_str()).unwrap();
        let right = naive(pattern.as_bytes(), address.as_bytes());
        assert_eq!(compiled.matches(&address), right, "{pattern} on {address}");
        matched += usize::from(right);
    }
    report(&format!("patterns: {pairs} pairs, {matched} matched"));
    assert!(matched > pairs / 10 && matched < pairs / 2 + pairs / 4, "{matched}");
}

#[test]
fn the_naive_matcher_agrees() {
    compare(100_000);
}

#[test]
#[ignore = "long"]
fn the_naive_matcher_agrees_on_a_million() {
    compare(1_000_000);
}

#[test]
fn a_run_of_slashes_is_one_part() {
    // Steps grow with the number of parts: many that mean what one does would be work for nothing.
    let slashes = "/".repeat(4_000);
    let pattern = Pattern::new(format!("{slashes}a")).unwrap();
    assert_eq!(pattern.parts().len(), 2);
    assert!(pattern.matches("/a") && pattern.matches("/b/c/a") && !pattern.matches("/b"));
    let open = Pattern::new(slashes).unwrap();
    assert_eq!(open.parts().len(), 2);
    assert!(open.matches("/a/") && open.matches("/") && !open.matches("/a"));
}

#[test]
fn no_pattern_and_no_address_panics() {
    let wild = "[/a-c!{},*?\\[\\]é-]{0,16}";
    let values = (address(), wild, "[/a-cé]{0,12}");
    let compiled = try_all(10_000, &values, |(any, wild, address)| {
        let patterns =
            [Pattern::new(any.as_str()), Pattern::new(format!("/{wild}")), Pattern::new(wild)];
        let compiled = patterns.iter().flatten().count();
        for pattern in patterns.into_iter().flatten() {
            for address in [any.as_str(), address.as_str(), pattern.as_str(), ""] {
                let walked = walk(&pattern, address);
                assert_eq!(pattern.matches(address), walked, "{pattern} on {address}");
            }
            assert_eq!(Pattern::new(pattern.as_str()).as_ref(), Ok(&pattern));
        }
        compiled > 1
    });
    assert!(compiled > 100, "{compiled}");
}

/// Matches step by step, as a walk through a tree of addresses does.
fn walk(pattern: &Pattern, address: &str) -> bool {
    let Some(names) = address.strip_prefix('/') else { return false };
    let end = names.split('/').fold(pattern.start(), |state, name| pattern.step(&state, name));
    pattern.accepts(&end)
}
