//! Wildcards inside of braces, against a matcher that takes the braces apart first.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use proptest::prelude::*;

use crate::address::AddressError;
use crate::pattern::options::PatternOptions;
use crate::pattern::part::PartPattern;
use crate::pattern::pattern::Pattern;

fn nested(text: &str) -> Result<Pattern, AddressError> {
    Pattern::with_options(text, PatternOptions::new().nested(true))
}

#[track_caller]
fn check(pattern: &str, yes: &[&str], no: &[&str]) {
    let pattern = nested(pattern).unwrap();
    for address in yes {
        assert!(pattern.matches(address), "{pattern} {address}");
    }
    for address in no {
        assert!(!pattern.matches(address), "{pattern} {address}");
    }
}

#[test]
fn strings_in_braces_may_hold_wildcards() {
    check("/a/{b*,c[0-9]}", &["/a/b", "/a/bxy", "/a/c7"], &["/a/c", "/a/cx", "/a/xb", "/a/b/c"]);
    check("/{*a,b}c", &["/ac", "/xac", "/bc"], &["/xbc", "/a"]);
    check("/{,?}x", &["/x", "/yx"], &["/", "/yyx"]);
    check("/{a,{b,c{d,}}e}", &["/a", "/be", "/cde", "/ce"], &["/b", "/ae", "/cd"]);
    check("/x{[,a],b}", &["/xa", "/xb", "/x,"], &["/x", "/x[", "/xc"]);
    check("/*{a?,b}*", &["/a1", "/b", "/qbq", "/xa1y"], &["/a", "/c"]);
    check("//{g*,m}", &["/gain", "/a/b/m"], &["/a/b"]);
    check("/a,b/{x,*}", &["/a,b/", "/a,b/x"], &["/a"]);
}

#[test]
fn by_the_letter_they_are_plain_text() {
    let plain = Pattern::new("/{b*,c}").unwrap();
    assert!(plain.matches("/c") && plain.matches("/b*") && !plain.matches("/bx"));
    assert_eq!(plain.options(), PatternOptions::new());
    assert!(Pattern::new("/{a,{b,c}}").is_err());
    // Without wildcards in braces there is no difference.
    assert_eq!(nested("/x*/{a,b}"), Pattern::new("/x*/{a,b}"));
    assert_eq!(nested("/x*/{a,b}").unwrap().options(), PatternOptions::new());
    let pattern = nested("/{b*,c}").unwrap();
    assert_ne!(pattern, plain);
    assert_eq!(nested("/{b*,c}").unwrap(), pattern);
    assert!(pattern.options().is_nested());
}

#[test]
fn a_part_is_captured_as_a_whole() {
    let pattern = nested("/{ch*,main}/gain").unwrap();
    assert_eq!(pattern.captures("/ch12/gain"), Some(vec!["ch12"]));
    let sent = Pattern::new("/c[gh]?/*").unwrap();
    assert_eq!(pattern.captures_pattern(&sent), Some(vec!["c[gh]?"]));
    assert!(!pattern.overlaps(&Pattern::new("/m*x/gain").unwrap()));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    use AddressError::{Character, TooDeep, Unclosed};
    let deep = |depth: usize| format!("/{}a{}", "{".repeat(depth), "}".repeat(depth));
    assert!(nested(&deep(8)).unwrap().matches("/a"));
    for (text, error) in [
        ("/{a", Unclosed { open: '{', offset: 1 }),
        ("/x/{a,{b}", Unclosed { open: '{', offset: 3 }),
        ("/{a}}", Character { character: '}', offset: 4 }),
        ("/{a,[b}", Unclosed { open: '[', offset: 4 }),
        ("/{a]}", Character { character: ']', offset: 3 }),
        ("/{a/b}", Unclosed { open: '{', offset: 1 }),
        (&deep(9), TooDeep { offset: 9, limit: 8 }),
    ] {
        assert_eq!(nested(text).err(), Some(error), "{text}");
    }
}

#[test]
fn long_patterns_are_matched_without_backtracking() {
    let piece = "{a*,*a,{a?*,?*a}}*";
    let pattern = nested(&format!("/{}b", piece.repeat(200))).unwrap();
    assert!(!pattern.matches(&format!("/{}", "a".repeat(2000))));
    assert!(pattern.matches(&format!("/{}b", "a".repeat(2000))));
}

/// A part with braces: as text, small enough to be taken apart.
fn part() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "ab"]).prop_map(String::from),
        2 => prop::sample::select(vec!["?", "*"]).prop_map(String::from),
        1 => prop::sample::select(vec!["[ab]", "[!a]"]).prop_map(String::from),
    ];
    let item = leaf.prop_recursive(3, 12, 3, |inner| {
        let string = prop::collection::vec(inner, 0..3).prop_map(|items| items.concat());
        prop::collection::vec(string, 1..4).prop_map(|list| format!("{{{}}}", list.join(",")))
    });
    prop::collection::vec(item, 1..4).prop_map(|items| items.concat())
}

/// All patterns without braces that `part` stands for.
fn apart(part: &str) -> Vec<String> {
    let Some(open) = part.find('{') else { return vec![part.to_owned()] };
    let (mut depth, mut start, mut strings, mut end) = (0, open + 1, Vec::new(), part.len());
    for (at, c) in part.char_indices().skip(open) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if (c == ',' && depth == 1) || (c == '}' && depth == 0) {
            strings.push(&part[start..at]);
            start = at + 1;
        }
        if c == '}' && depth == 0 {
            end = start;
            break;
        }
    }
    let whole = |string: &&str| format!("{}{string}{}", &part[..open], &part[end..]);
    strings.iter().flat_map(|string| apart(&whole(string))).collect()
}

/// Whether a pattern without braces matches, as slow as it likes.
fn naive(pattern: &[u8], name: &[u8]) -> bool {
    match pattern {
        [] => name.is_empty(),
        [b'*', rest @ ..] => (0..=name.len()).any(|taken| naive(rest, &name[taken..])),
        [b'[', b'a', b'b', b']', rest @ ..] => {
            matches!(name, [b'a' | b'b', left @ ..] if naive(rest, left))
        }
        [b'[', b'!', b'a', b']', rest @ ..] => {
            matches!(name, [c, left @ ..] if *c != b'a' && naive(rest, left))
        }
        [p, rest @ ..] => {
            matches!(name, [c, left @ ..] if (p == c || *p == b'?') && naive(rest, left))
        }
    }
}

/// All names of up to five characters that differ for these patterns.
fn names() -> Vec<String> {
    let mut names = vec![String::new()];
    let mut first = 0;
    for _ in 0..5 {
        let last = names.len();
        for at in first..last {
            for c in ['a', 'b', 'z'] {
                names.push(format!("{}{c}", names[at]));
            }
        }
        first = last;
    }
    names
}

fn compiled(part: &str) -> PartPattern {
    nested(&format!("/{part}")).unwrap().parts()[0].clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn matching_agrees_with_taking_the_braces_apart(part in part()) {
        let apart = apart(&part);
        prop_assume!(apart.len() <= 200);
        let compiled = compiled(&part);
        for name in names() {
            let expected = apart.iter().any(|one| naive(one.as_bytes(), name.as_bytes()));
            prop_assert_eq!(compiled.matches(&name), expected, "{} {}", part, name);
        }
    }

    #[test]
    fn parts_overlap_where_some_name_fits_both(one in part(), other in part()) {
        let (first, second) = (compiled(&one), compiled(&other));
        let overlap = first.overlaps(&second);
        prop_assert_eq!(overlap, second.overlaps(&first));
        let names = names();
        let both = names.iter().skip(1).find(|name| first.matches(name) && second.matches(name));
        if let Some(name) = both {
            prop_assert!(overlap, "{one} {other} {name}");
        }
        // Plain alternatives are told to overlap by those that matching was checked by before.
        let pairs = || apart(&one).into_iter().flat_map(|a| apart(&other).into_iter().map(move |b| (a.clone(), b)));
        prop_assume!(pairs().count() <= 2000);
        let some = pairs().any(|(a, b)| {
            let (a, b) = (compiled_plain(&a), compiled_plain(&b));
            a.zip(b).is_some_and(|(a, b)| a.overlaps(&b))
        });
        if one != other {
            prop_assert_eq!(overlap, some, "{} {}", one, other);
        }
    }
}

/// Without braces; `None` for the empty string, which no name is.
fn compiled_plain(part: &str) -> Option<PartPattern> {
    (!part.is_empty()).then(|| Pattern::new(format!("/{part}")).unwrap().parts()[0].clone())
}
