//! The walk of a pattern through the tree.

use std::ops::Bound;

use oscine_codec::Pattern;
use oscine_codec::pattern::{MatchState, PartPattern};

use crate::space::entry::Hit;
use crate::space::node::Node;

/// Adds everything at and below `root` that `pattern` matches from `state` on, in no particular order, and answers with
/// the number of nodes that were looked at.
///
/// Visits only what can match: where one name leads on, it is looked up and its siblings are left alone; where names
/// have to begin alike, only those that do are looked at.
pub(crate) fn matching<'a, T>(
    root: &'a Node<T>,
    pattern: &Pattern,
    state: MatchState,
    hits: &mut Vec<Hit<'a, T>>,
) -> usize {
    if pattern.parts().iter().any(PartPattern::is_descend) {
        descending(root, pattern, state, hits)
    } else if let Some(level) = pattern.only_part(&state) {
        level_by_level(root, pattern, level, hits)
    } else {
        0
    }
}

/// Without `//` each level of the tree has its part of the pattern.
fn level_by_level<'a, T>(
    root: &'a Node<T>,
    pattern: &Pattern,
    level: usize,
    hits: &mut Vec<Hit<'a, T>>,
) -> usize {
    let mut stack = vec![(root, level)];
    let mut walked = 0;
    while let Some((node, level)) = stack.pop() {
        walked += 1;
        // Whatever the rest of the pattern is, something below may match it.
        if let Some(entries) = &node.subtree {
            entries.reach(hits);
        }
        let Some(part) = pattern.parts().get(level) else {
            if let Some(entries) = &node.entries {
                entries.reach(hits);
            }
            continue;
        };
        let globs = node.globs.values().filter(|glob| glob.part.overlaps(part));
        stack.extend(globs.map(|glob| (&*glob.node, level + 1)));
        if let Some(name) = part.literal() {
            stack.extend(node.children.get(name).map(|child| (&**child, level + 1)));
            continue;
        }
        for (name, child) in alike(node, part) {
            walked += 1;
            if part.matches(name) {
                stack.push((child, level + 1));
            }
        }
    }
    walked
}

/// The children whose names begin as those that `part` matches.
fn alike<'a, T>(
    node: &'a Node<T>,
    part: &PartPattern,
) -> impl Iterator<Item = (&'a str, &'a Node<T>)> {
    let prefix = part.prefix();
    let (whole, from) = match prefix {
        "" => (Some(node.children.iter()), None),
        prefix => {
            (None, Some(node.children.range::<_, str>((Bound::Included(prefix), Bound::Unbounded))))
        }
    };
    let from = from.into_iter().flatten().take_while(move |(name, _)| name.starts_with(prefix));
    whole.into_iter().flatten().chain(from).map(|(name, child)| (&**name, &**child))
}

fn descending<'a, T>(
    root: &'a Node<T>,
    pattern: &Pattern,
    state: MatchState,
    hits: &mut Vec<Hit<'a, T>>,
) -> usize {
    let mut stack = vec![(root, state)];
    let mut walked = 0;
    while let Some((node, state)) = stack.pop() {
        walked += 1 + node.children.len();
        if let Some(entries) = &node.subtree {
            entries.reach(hits);
        }
        if let (true, Some(entries)) = (pattern.accepts(&state), &node.entries) {
            entries.reach(hits);
        }
        let globs =
            node.globs.values().map(|glob| (&*glob.node, pattern.step_part(&state, &glob.part)));
        stack.extend(globs.filter(|(_, next)| !next.is_dead()));
        if let Some(name) = pattern.only_name(&state) {
            let child = node.children.get(name);
            stack.extend(child.map(|child| (&**child, pattern.step(&state, name))));
            continue;
        }
        let children =
            node.children.iter().map(|(name, child)| (&**child, pattern.step(&state, name)));
        stack.extend(children.filter(|(_, next)| !next.is_dead()));
    }
    walked
}

/// Adds everything at and below `root` that is registered by pattern or for a sub-tree and catches the address of these
/// names. What is registered at exactly that address is left out: it is one look-up.
pub(crate) fn catching<'a, T>(root: &'a Node<T>, address: &str, hits: &mut Vec<Hit<'a, T>>) {
    // A place in the tree, how far the address has been read, and whether by wildcards too.
    let mut stack = vec![(root, address, false)];
    while let Some((node, rest, by_glob)) = stack.pop() {
        if let Some(entries) = &node.subtree {
            entries.reach(hits);
        }
        let Some(rest) = rest.strip_prefix('/') else {
            if let (true, Some(entries)) = (by_glob, &node.entries) {
                entries.reach(hits);
            }
            continue;
        };
        let (name, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if let Some(child) = node.children.get(name) {
            if by_glob || child.special > 0 {
                stack.push((child, rest, by_glob));
            }
        }
        let globs = node.globs.values().filter(|glob| glob.part.matches(name));
        stack.extend(globs.map(|glob| (&*glob.node, rest, true)));
    }
}
