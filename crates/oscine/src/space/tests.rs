use std::io::{self, Write};

use oscine_codec::pattern::PartPattern;
use oscine_codec::{Address, Pattern, PatternOptions};

use super::*;

fn space(places: &[&str]) -> Space<usize> {
    let mut space = Space::new();
    for (value, place) in places.iter().enumerate() {
        space.insert(place.into_place().unwrap(), value);
    }
    space
}

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn values(hits: &[Hit<'_, usize>]) -> Vec<usize> {
    hits.iter().map(|hit| hit.entry.value).collect()
}

/// What a walk finds, and the flat form if it is there.
fn hits(space: &Space<usize>, pattern: &str) -> Vec<usize> {
    let pattern = Pattern::new(pattern).unwrap();
    let walked = values(&space.matching(&pattern));
    let descends = pattern.parts().iter().any(PartPattern::is_descend);
    if let Some(flat) = space.flat().filter(|_| !descends && !space.has_patterns()) {
        let numbers = flat.matching(&pattern);
        let found: Vec<_> = numbers.iter().map(|&n| flat.methods()[n as usize].value).collect();
        assert_eq!(found, walked, "{pattern}");
    }
    walked
}

#[test]
fn names_that_begin_alike_are_told_apart_in_the_flat_form() {
    let numbers = 0..60;
    let mut names = vec![String::from("a"), "a".repeat(8), "a".repeat(9), "b".into(), "~".into()];
    names.extend(["synth", "synthesi", "synthesis", "synthesizer"].map(String::from));
    names.extend(numbers.map(|n| format!("synthesizer-{n}")));
    let mut places: Vec<_> = names.iter().map(|name| format!("/{name}/on")).collect();
    places.extend(names.iter().map(|name| format!("/{name}/{name}")));
    let space = space(&places.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(hits(&space, "/*/*").len() == places.len() && space.flat().is_some());
    for name in &names {
        for length in 1..=name.chars().count() {
            let prefix: String = name.chars().take(length).collect();
            let begin = |other: &&String| other.starts_with(&prefix);
            let alike = names.iter().filter(begin).count();
            assert_eq!(hits(&space, &format!("/{prefix}*/on")).len(), alike, "{prefix}");
            assert_eq!(hits(&space, &format!("/*/{prefix}*")).len(), alike, "{prefix}");
            let longer = names.iter().filter(begin).filter(|other| **other != prefix).count();
            assert_eq!(hits(&space, &format!("/{prefix}?*/on")).len(), longer, "{prefix}");
        }
        assert_eq!(hits(&space, &format!("/{name}/{{on,{name},none,on}}")).len(), 2);
        assert_eq!(hits(&space, &format!("/*/{name}")).len(), 1);
    }
}

fn places(space: &Space<usize>) -> Vec<String> {
    space.walk().map(|entries| entries.place().to_string()).collect()
}

#[test]
fn patterns_find_methods_in_the_order_of_registration() {
    let space = space(&["/b/x", "/a/x", "/a", "/a/y/z", "/a/x", "/c/x/x", "/a.b/x"]);
    assert_eq!(hits(&space, "/?/x"), [0, 1, 4]);
    assert_eq!(hits(&space, "/a*/x"), [1, 4, 6]);
    assert_eq!(hits(&space, "/a"), [2]);
    assert_eq!(hits(&space, "/a/*"), [1, 4]);
    assert_eq!(hits(&space, "//x"), [0, 1, 4, 5, 6]);
    assert_eq!(hits(&space, "//z"), [3]);
    assert_eq!(hits(&space, "/*//x//*"), [5]);
    assert_eq!(hits(&space, "/{a,c}//x"), [1, 4, 5]);
    assert_eq!(hits(&space, "/nothing/*"), [0; 0]);
}

#[test]
fn registered_patterns_and_sub_trees_catch_addresses() {
    let mut space = space(&["/m/*/gain", "/m/1/gain", "/m/?/*", "//gain", "/m//x", "/q"]);
    space.insert(Place::Subtree(address("/m")), 6);
    space.insert(Place::Subtree(address("/m/1/gain")), 7);
    let caught = |address: &str| values(&space.catching(address));
    assert_eq!(caught("/m/1/gain"), [0, 1, 2, 3, 6, 7]);
    assert_eq!(caught("/m/12/gain"), [0, 3, 6]);
    assert_eq!(caught("/m/1/gain/x"), [4, 6, 7]);
    assert_eq!(caught("/m"), [6]);
    assert_eq!(caught("/mm"), [0; 0]);
    assert_eq!(caught("/q"), [5]);
    assert_eq!(hits(&space, "/m/*/gain"), [0, 1, 2, 3, 6, 7]);
    assert_eq!(hits(&space, "/m"), [6]);
    assert_eq!(hits(&space, "/q*"), [5]);
    assert_eq!(hits(&space, "/m/2/[f-h]*"), [0, 2, 3, 6]);
}

#[test]
fn a_walk_agrees_with_matching_each_address_alone() {
    let names = ["a", "b", "ab", "a.b"];
    let mut addresses = Vec::new();
    for one in names {
        addresses.push(format!("/{one}"));
        for two in names {
            addresses.push(format!("/{one}/{two}"));
            addresses.extend(names.map(|three| format!("/{one}/{two}/{three}")));
        }
    }
    let space = space(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
    for pattern in ["/*", "//*", "//a", "/a//b", "/?/?/?", "/[!b]*//{ab,a.b}", "/a//*//b", "//a//"]
    {
        let compiled = Pattern::new(pattern).unwrap();
        let alone = addresses.iter().enumerate().filter(|(_, a)| compiled.matches(a));
        assert_eq!(hits(&space, pattern), alone.map(|(i, _)| i).collect::<Vec<_>>(), "{pattern}");
    }
}

#[test]
fn braces_with_wildcards_are_kept_apart_from_plain_ones() {
    let text = "/a/{b*,c}/x";
    let nested = Pattern::with_options(text, PatternOptions::new().nested(true)).unwrap();
    let mut space = space(&[text]);
    space.insert(Place::Pattern(nested), 1);
    let caught = |space: &Space<usize>, text: &str| values(&space.catching(text));
    assert_eq!(caught(&space, "/a/bb/x"), [1]);
    assert_eq!(caught(&space, "/a/c/x"), [0, 1]);
    assert_eq!(hits(&space, "/a/b?/x"), [1]);
    assert_eq!(hits(&space, "/a/[c]/*"), [0, 1]);
    // They stay what they are when they move.
    space.move_subtree(&address("/a"), &address("/n/m")).unwrap();
    assert_eq!(caught(&space, "/n/m/bb/x"), [1]);
    assert_eq!((space.remove(MethodKey(0)), caught(&space, "/n/m/c/x")), (true, vec![1]));
    assert!(space.remove(MethodKey(1)) && space.is_empty() && !space.has_patterns());
}

#[test]
fn what_was_registered_is_had_by_its_key() {
    let places = ["/a", "/a", "/a/*", "/a/{b,c}/x", "//x", "/b", "/"];
    let mut space = space(&places);
    let nested = Pattern::with_options("/a/{b*,c}/x", PatternOptions::new().nested(true)).unwrap();
    space.insert(Place::Pattern(nested), 7);
    space.insert(Place::Subtree(address("/a")), 8);
    for value in 0..9 {
        let key = MethodKey(value);
        assert_eq!(space.get(key).copied(), usize::try_from(value).ok());
        assert!(space.remove(key));
        assert_eq!(space.get(key), None);
    }
    assert!(space.is_empty());
}

#[test]
fn what_is_removed_leaves_no_trace() {
    let mut space = space(&["/a", "/a/b", "/a/b", "/a/*", "/a/{b,c}/x", "//x"]);
    let subtree = space.insert(Place::Subtree(address("/a/b/c")), 6);
    let snapshot = space.clone();
    assert!(space.remove(MethodKey(1)));
    assert!(!space.remove(MethodKey(1)));
    assert_eq!(hits(&space, "/a/*"), [2, 3, 5]);
    assert_eq!(space.remove_address("/a/b"), 1);
    assert_eq!(space.remove_address("/a/b"), 0);
    assert_eq!(places(&space), ["/a", "/a/b/c", "/a/*", "/a/{b,c}/x", "//x"]);
    for key in [MethodKey(0), MethodKey(3), MethodKey(4), MethodKey(5), subtree] {
        assert!(space.has_patterns() || key == MethodKey(0));
        assert!(space.remove(key));
    }
    assert!(space.is_empty() && !space.has_patterns() && space.walk().next().is_none());
    assert!(!space.contains(&address("/a")));
    assert_eq!((snapshot.len(), hits(&snapshot, "//*").len()), (7, 7));
}

#[test]
fn sub_trees_move_with_their_keys() {
    let mut space = space(&["/a/x", "/b/y", "/a/*/z", "/a//w", "/a"]);
    let (a, b, c) = (address("/a"), address("/b"), address("/c"));
    assert_eq!(space.move_subtree(&a, &b), Err(MoveError::Taken { address: b }));
    let inside = address("/a/n");
    assert!(matches!(space.move_subtree(&a, &inside), Err(MoveError::Inside { .. })));
    let nowhere = MoveError::Missing { address: c.clone() };
    assert_eq!(space.move_subtree(&c, &address("/d")), Err(nowhere));

    assert_eq!(space.move_subtree(&a, &c), Ok(4));
    assert_eq!(places(&space), ["/b/y", "/c", "/c/x", "/c/*/z", "/c//w"]);
    assert_eq!(values(&space.catching("/c/x/z")), [2]);
    assert!(space.remove(MethodKey(0)) && !space.contains(&address("/c/x")));
}

#[test]
fn sub_trees_become_trees_and_come_back() {
    let mut space = space(&["/a/x", "/b", "/a", "/a/*/z"]);
    let taken = space.split_off(&address("/a"));
    assert_eq!(places(&space), ["/b"]);
    assert_eq!(places(&taken), ["/", "/x", "/*/z"]);
    assert_eq!(values(&taken.catching("/")), [2]);
    assert_eq!(space.graft(&address("/n/m"), &taken).len(), 3);
    assert_eq!(places(&space), ["/b", "/n/m", "/n/m/x", "/n/m/*/z"]);
    assert_eq!(hits(&space, "/n/m//*"), [0, 3]);
    assert_eq!(space.children(&address("/n/m")).collect::<Vec<_>>(), ["x"]);
    assert_eq!(space.remove_subtree(&address("/n")), 3);
    assert_eq!(places(&space), ["/b"]);
}

/// The specification in a few lines, as slow as it likes: whether `pattern` matches the whole of `text`.
fn naive(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'/', b'/', rest @ ..] => {
            // Any number of levels: from this slash on, wherever one is.
            let rest = [b"/", rest].concat();
            text.first() == Some(&b'/')
                && (0..text.len()).any(|at| text[at] == b'/' && naive(&rest, &text[at..]))
        }
        [b'?', rest @ ..] => matches!(text, [c, after @ ..] if *c != b'/' && naive(rest, after)),
        [b'*', rest @ ..] => {
            let end = text.iter().position(|&c| c == b'/').unwrap_or(text.len());
            (0..=end).any(|taken| naive(rest, &text[taken..]))
        }
        [b'[', rest @ ..] => {
            let end = rest.iter().position(|&c| c == b']').unwrap();
            let (negated, list) = match &rest[..end] {
                [b'!', list @ ..] => (true, list),
                list => (false, list),
            };
            let in_list = |c: &u8| match list {
                [low, b'-', high] => low <= c && c <= high,
                list => list.contains(c),
            };
            matches!(text, [c, after @ ..]
                if *c != b'/' && in_list(c) != negated && naive(&rest[end + 1..], after))
        }
        [b'{', rest @ ..] => {
            let end = rest.iter().position(|&c| c == b'}').unwrap();
            rest[..end].split(|&c| c == b',').any(|string| {
                text.strip_prefix(string).is_some_and(|after| naive(&rest[end + 1..], after))
            })
        }
        [c, rest @ ..] => matches!(text, [first, after @ ..] if first == c && naive(rest, after)),
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list[(self.0 >> 33) as usize % list.len()]
    }

    /// Text that can be registered.
    fn text(&mut self, pieces: &[&str]) -> String {
        loop {
            let mut text = String::from("/");
            for _ in 0..*self.pick(&[&1, &2, &3, &5, &6]) {
                text += self.pick(pieces);
            }
            if (&text).into_place().is_ok() {
                return text;
            }
        }
    }
}

const PLAIN: [&str; 8] = ["a", "b", "ab", "/a", "/b", "/", "c", "/c"];
const WILD: [&str; 20] = [
    "a", "b", "ab", "/a", "/b", "/", "?", "*", "[a-b]", "[!a]", "[ac]", "{a,ab}", "{,b}", "/*",
    "/?", "//", "//a", "*a", "/{b,a}*", "c",
];

/// Well-formed random addresses without repetition.
fn addresses(chance: &mut Chance, count: usize) -> Vec<String> {
    let mut addresses = std::collections::BTreeSet::new();
    while addresses.len() < count {
        let text = chance.text(&PLAIN);
        if text != "/" && Address::new(text.as_str()).is_ok() {
            addresses.insert(text);
        }
    }
    addresses.into_iter().collect()
}

#[test]
fn both_directions_agree_with_a_naive_matcher_on_a_million_pairs() {
    let mut chance = Chance(1);
    let addresses = addresses(&mut chance, 250);
    let literal = space(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
    let (mut pairs, mut matches) = (0_usize, 0_usize);
    for _ in 0..16 {
        // Literal methods, and messages with patterns.
        let patterns: Vec<_> = (0..125).map(|_| chance.text(&WILD)).collect();
        for text in &patterns {
            let expected: Vec<_> = (0..addresses.len())
                .filter(|&i| naive(text.as_bytes(), addresses[i].as_bytes()))
                .collect();
            assert_eq!(hits(&literal, text), expected, "message {text}");
            pairs += addresses.len();
            matches += expected.len();
        }
        // Methods under patterns, and literal messages.
        let registered = space(&patterns.iter().map(String::as_str).collect::<Vec<_>>());
        for address in &addresses {
            let expected: Vec<_> = (0..patterns.len())
                .filter(|&i| naive(patterns[i].as_bytes(), address.as_bytes()))
                .collect();
            let caught = registered.catching(address);
            assert_eq!(values(&caught), expected, "message {address}");
            for hit in caught {
                if let Place::Pattern(pattern) = &**hit.entries.place() {
                    let wild = pattern.parts().iter().filter(|part| part.literal().is_none());
                    assert_eq!(pattern.captures(address).unwrap().len(), wild.count());
                }
            }
            pairs += patterns.len();
            matches += expected.len();
        }
    }
    // What cannot fail proves nothing: there have to be many of both.
    assert!(pairs >= 1_000_000 && matches > 50_000, "{pairs} pairs, {matches} matches");
    writeln!(io::stdout(), "naive matcher: {pairs} pairs agree, {matches} of them match").unwrap();
}

#[test]
fn pattern_meets_pattern_where_some_address_fits_both() {
    let mut chance = Chance(2);
    // All addresses of up to three names of up to two letters out of four.
    let mut names = Vec::new();
    for one in ["a", "b", "c", "d"] {
        names.push(one.to_owned());
        names.extend(["a", "b", "c", "d"].map(|two| format!("{one}{two}")));
    }
    let mut addresses: Vec<_> = names.iter().map(|name| format!("/{name}")).collect();
    for one in &names {
        addresses.extend(names.iter().map(|two| format!("/{one}/{two}")));
    }
    let pieces: Vec<_> = WILD.iter().copied().filter(|piece| piece.len() < 6).collect();
    let (mut met, mut apart) = (0, 0);
    for _ in 0..6000 {
        let (one, two) = (chance.text(&pieces), chance.text(&pieces));
        // Short enough that an address of two short names is among those that fit, if any is.
        if one.len() > 7 || two.len() > 7 {
            continue;
        }
        let (a, b) = (Pattern::new(one.as_str()).unwrap(), Pattern::new(two.as_str()).unwrap());
        let fits = addresses.iter().any(|address| a.matches(address) && b.matches(address));
        if fits {
            assert!(a.overlaps(&b) && b.overlaps(&a), "{one} {two}");
            met += 1;
        } else if !a.overlaps(&b) {
            apart += 1;
        }
        let registered = space(&[one.as_str()]);
        assert_eq!(hits(&registered, &two).len(), usize::from(a.overlaps(&b)), "{one} {two}");
    }
    assert!(met > 300 && apart > 300, "{met} met, {apart} did not");
}

#[cfg(feature = "regex")]
#[test]
fn expressions_catch_whole_addresses_and_no_patterns() {
    let mut space = space(&["/a"]);
    space.insert(::regex::Regex::new(r"/ch/(\d+)/(gain)?").unwrap().into_place().unwrap(), 1);
    assert_eq!(values(&space.catching("/ch/12/gain")), [1]);
    assert_eq!(values(&space.catching("/x/ch/12/gain")), [0; 0]);
    assert_eq!(hits(&space, "/ch/*/gain"), [0; 0]);
    let Place::Regex(regex) = &**space.place_of(MethodKey(1)).unwrap() else { panic!() };
    assert_eq!(regex.captures("/ch/12/"), Some(vec!["12", ""]));
}

#[cfg(feature = "regex")]
#[test]
fn expressions_keep_their_options_and_are_anchored_all_the_same() {
    use crate::space::regex::AddressRegex;

    let any_case = |text| ::regex::RegexBuilder::new(text).case_insensitive(true).build().unwrap();
    let given = |text| AddressRegex::new(any_case(text)).unwrap();
    assert!(given("/ch/(a+)").matches("/CH/AA") && !given("/ch/(a+)").matches("/CH/AAx"));
    assert_eq!(given("/ch/(a+)").captures("/CH/AA"), Some(vec!["AA"]));
    // The first alternative is found, and is not the whole address.
    let plain = AddressRegex::new(::regex::Regex::new("/(a|ab)").unwrap()).unwrap();
    assert!(plain.matches("/ab") && !plain.matches("/AB") && !plain.matches("/x/a"));
    assert_eq!(plain.captures("/ab"), Some(vec!["ab"]));
    let with = AddressRegex::with("/(a|ab)", |options| {
        options.case_insensitive(true);
    });
    let with = with.unwrap();
    assert!(with.matches("/AB") && with.matches("/A") && !with.matches("/ABA"));
    assert_eq!((with.captures("/AB"), with.as_str()), (Some(vec!["AB"]), "/(a|ab)"));
    // What is no expression by itself, and one that is larger than it may be.
    assert!(AddressRegex::with("/a)|(?:/b", |_| {}).is_err());
    let small = |text| {
        AddressRegex::with(text, |options| {
            options.size_limit(1 << 12);
        })
    };
    assert!(small("/a").is_ok() && small(r"/\w{1000}").is_err());
}
