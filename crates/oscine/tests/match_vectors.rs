//! The conformance data for matching, through the address space, in both directions.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use oscine::{Address, AddressSpace, Dispatched, Dispatcher, Message, Pattern, Place, Space};
use serde_json::Value;

/// The lines of `match.jsonl`: those of the repository, or of the directory that `OSC_VECTORS` names.
fn lines() -> Vec<Value> {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../oscine-codec/tests/vectors");
    let vectors =
        std::env::var_os("OSC_VECTORS").map_or_else(|| PathBuf::from(here), PathBuf::from);
    let text = fs::read_to_string(vectors.join("match.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What should come out; `None` if implementations may differ.
fn right(line: &Value) -> Option<bool> {
    match line["status"].as_str().unwrap() {
        "ambiguous" => None,
        "malformed" => Some(false),
        _ => line["match"].as_bool(),
    }
}

/// A message with the pattern to a method at the address; nothing if the address cannot be registered.
async fn dispatched(pattern: &str, address: &str) -> Option<Dispatched> {
    let space = AddressSpace::new();
    space.method(Address::new(address).ok()?, || {}).unwrap();
    let message = Message::new(pattern, ()).ok()?;
    Some(Dispatcher::new(space).dispatch(message.view().into()).await)
}

/// A literal message at a method under the pattern; nothing if the pattern cannot be registered.
fn caught(pattern: &str, address: &str) -> Option<bool> {
    let mut space = Space::new();
    space.insert(Place::Pattern(Pattern::new(pattern).ok()?), ());
    Some(space.catching(address).len() == 1)
}

#[tokio::test]
async fn matching() {
    let lines = lines();
    let (mut passed, mut failed) = (0, Vec::new());
    for line in &lines {
        let (pattern, address) =
            (line["pattern"].as_str().unwrap(), line["address"].as_str().unwrap());
        let calls = dispatched(pattern, address).await.map_or(0, |dispatched| dispatched.calls);
        let caught = caught(pattern, address).unwrap_or(false);
        // What cannot be registered can only be caught, not reached.
        let reached =
            (calls == 1).then_some(true).or(Address::new(address).is_ok().then_some(false));
        match right(line) {
            Some(right) if caught != right || reached.is_some_and(|reached| reached != right) => {
                failed.push(format!("{pattern} on {address}: {reached:?}, {caught}, not {right}"));
            }
            _ => passed += 1,
        }
    }
    writeln!(io::stdout(), "match: {passed} of {}", lines.len()).unwrap();
    assert!(failed.is_empty() && passed > 700, "{failed:#?}");
}
