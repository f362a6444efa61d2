//! Counts steps, not seconds: the work for a packet grows with its length, for packets made to be hard.
//!
//! Compiled with `-C instrument-coverage`, every region of the codec's code (a branch, a loop's body, a closure) counts
//! how often it runs. The sum of all counters is the number of steps, exact and the same in every run. What one call
//! into the standard library does (a copy, a search) is one step.
//!
//! ```text
//! LLVM_PROFILE_FILE=/dev/null RUSTFLAGS="-C instrument-coverage" \
//!     cargo run --release --features steps --example steps
//! ```
//!
//! It fails when twice the packet takes more than twice the steps.

use core::fmt::{self, Write};
use core::hint::black_box;

use oscine_codec::explain::explain;
use oscine_codec::text_form::Json;
use oscine_codec::{DecodeOptions, Message, Packet, PacketRef, Pattern};

#[path = "../../tests/support/families.rs"]
mod families;

use families::{FAMILIES, accept_all};

// The counters of LLVM's profiling runtime, one after the other.
unsafe extern "C" {
    fn __llvm_profile_begin_counters() -> *const u64;
    fn __llvm_profile_end_counters() -> *const u64;
}

/// How many regions were run since the start.
fn total() -> u64 {
    // SAFETY: the runtime gives the bounds of one array of counters, which lives as long as the program; there is one
    // thread, and it counts nothing while it is in here but this function's own few regions.
    unsafe {
        let first = __llvm_profile_begin_counters();
        let count = __llvm_profile_end_counters().offset_from(first).unsigned_abs();
        (0..count).fold(0, |sum: u64, index| sum.wrapping_add(first.add(index).read_volatile()))
    }
}

/// The steps of `work`, without those of counting itself.
fn steps<T>(work: impl FnOnce() -> T) -> u64 {
    let before = total();
    black_box(());
    let idle = total() - before;
    let before = total();
    black_box(work());
    total() - before - idle
}

/// What is done to a packet.
type Work = (&'static str, fn(&[u8], &DecodeOptions));

const WORK: [Work; 11] = [
    ("decode", |bytes, options| {
        black_box(PacketRef::decode_with(bytes, options).is_ok());
    }),
    ("decode_all", |bytes, options| {
        black_box(PacketRef::decode_all(bytes, options).count());
    }),
    ("walk", |bytes, options| {
        black_box(view(bytes, options).walk().count());
    }),
    ("arguments", |bytes, options| {
        for timed in view(bytes, options).messages() {
            black_box(timed.message.args().count());
        }
    }),
    ("display", |bytes, options| sink(format_args!("{}", view(bytes, options)))),
    ("debug", |bytes, options| sink(format_args!("{:#?}", view(bytes, options)))),
    ("json", |bytes, options| sink(format_args!("{}", Json(view(bytes, options))))),
    ("explain", |bytes, options| sink(format_args!("{}", explain(bytes, options)))),
    ("own", |bytes, options| drop(black_box(Packet::from(view(bytes, options))))),
    ("build", |bytes, options| {
        for timed in view(bytes, options).messages() {
            // Arrays nested too deep are refused.
            drop(black_box(Message::new("/a", timed.message.args())));
        }
    }),
    ("parse text", |bytes, options| {
        drop(black_box(view(bytes, options).to_string().parse::<Packet>()));
    }),
];

fn view<'a>(bytes: &'a [u8], options: &DecodeOptions) -> PacketRef<'a> {
    PacketRef::decode_with(bytes, options).expect("all families are accepted")
}

fn sink(text: fmt::Arguments<'_>) {
    struct Sink;
    impl Write for Sink {
        fn write_str(&mut self, _: &str) -> fmt::Result {
            Ok(())
        }
    }
    Sink.write_fmt(text).expect("a sink takes all");
}

fn main() {
    /// What does not grow with the packet.
    const SLACK: u64 = 20_000;
    let options = accept_all();
    let mut wrong = 0;
    let mut check = |name: &str, what: &str, counts: [u64; 3], factor: u64, unit: usize| {
        let [small, medium, large] = counts;
        let grows = medium > factor * small + SLACK || large > factor * medium + SLACK;
        wrong += u64::from(grows);
        let each = large as f64 / unit as f64;
        let verdict = if grows { "GROWS FASTER" } else { "" };
        println!("{name:36} {what:12} {small:>12} {medium:>12} {large:>12} {each:>8.2} {verdict}");
    };
    println!("steps for n, 2n and 4n of a kind, and per byte");
    for (name, family) in FAMILIES {
        let packets = [1_000, 2_000, 4_000].map(family);
        for (what, work) in WORK {
            let counts = [0, 1, 2].map(|index| steps(|| work(&packets[index], &options)));
            check(name, what, counts, 2, packets[2].len());
        }
    }
    // Patterns promise steps in proportion to pattern times address: four times for twice of both.
    let patterns = [
        ("stars", "*a", "a", "b"),
        ("sets", "{a,aa,}", "a", "b"),
        ("classes", "[!b]*", "a", ""),
        ("slashes", "/", "a/", "b"),
        ("levels", "/a/", "a/", "b"),
        ("levels of stars", "/*/", "a/", "b"),
    ];
    for (name, unit, part, tail) in patterns {
        let counts = [100, 200, 400].map(|n| {
            let pattern = Pattern::new(format!("/{}{tail}", unit.repeat(n))).expect("a pattern");
            let address = format!("/{}", part.repeat(n));
            steps(|| black_box(pattern.matches(&address)))
        });
        check(name, "match", counts, 4, 400 * 400);
    }
    assert_eq!(wrong, 0, "some work grows faster than what it is done to");
}
