//! The walk of a pattern through the tree.

use oscine_codec::Pattern;
use oscine_codec::pattern::MatchState;

use crate::space::entry::Entries;
use crate::space::node::Node;

/// Everything registered below `root` that `pattern` matches, by address.
///
/// Visits only what can match: where one name leads on, it is looked up and its siblings are left alone.
pub(crate) fn matching<'a, T>(root: &'a Node<T>, pattern: &Pattern) -> Vec<&'a Entries<T>> {
    let mut found = Vec::new();
    let mut stack: Vec<(&Node<T>, MatchState)> = vec![(root, pattern.start())];
    while let Some((node, state)) = stack.pop() {
        if pattern.accepts(&state) {
            found.extend(&node.entries);
        }
        if let Some(name) = pattern.only_name(&state) {
            if let Some(child) = node.children.get(name) {
                stack.push((child, pattern.step(&state, name)));
            }
            continue;
        }
        // Backwards, because the stack turns the order round.
        for (name, child) in node.children.iter().rev() {
            let next = pattern.step(&state, name);
            if !next.is_dead() {
                stack.push((child, next));
            }
        }
    }
    found
}
