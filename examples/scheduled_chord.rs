//! Chords on a beat: each is a bundle that is sent ahead of its time, and sounds at it.
//!
//! A client sends 40 beats, each of them three notes as one bundle, up to a second before they are due. The server
//! runs them at their time; the example prints how late they were. Give a number of microseconds as an argument to have
//! the server look at the clock without pause for that long before each of them. Exits with 1 if a chord is early, torn
//! apart, or missing.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use oscine::{AddressSpace, BundleTime, Client, Message, Server, TimeTag};

const BEATS: u32 = 40;
const BEAT: Duration = Duration::from_millis(50);
const CHORDS: [[i32; 3]; 4] = [[60, 64, 67], [57, 60, 64], [53, 57, 60], [55, 59, 62]];

/// What sounded: when it was to, and which note.
type Played = Arc<Mutex<Vec<(TimeTag, i32)>>>;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let micros = match std::env::args().nth(1) {
        Some(text) => text.parse().map_err(|_| format!("{text:?} is no number of microseconds"))?,
        None => 0,
    };
    let (played, early) = (Played::default(), Arc::new(Mutex::new(0)));
    let (log, missed) = (Arc::clone(&played), Arc::clone(&early));
    let space = AddressSpace::new();
    space.method("/synth/note", move |note: i32, at: BundleTime| {
        if TimeTag::from(SystemTime::now()) < at.0 {
            *missed.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
        log.lock().unwrap_or_else(PoisonError::into_inner).push((at.0, note));
    })?;
    let server = Server::builder()
        .udp("127.0.0.1:0")
        .address_space(space)
        .precision(Duration::from_micros(micros))
        .bind()
        .await?;
    let handle = server.handle();
    let endpoint = server.endpoints().into_iter().next().ok_or("nothing was bound")?;
    let serving = tokio::spawn(server.serve().into_future());

    let client = Client::connect(&endpoint).await?;
    let start = SystemTime::now() + 4 * BEAT;
    for (beat, chord) in (0..BEATS).zip(CHORDS.iter().cycle()) {
        let notes = chord.iter().map(|&note| Message::new("/synth/note", note));
        let notes = notes.collect::<Result<Vec<_>, _>>()?;
        client.send_bundle(start + beat * BEAT, notes).await?;
        // Ahead of time, as a sequencer is.
        if beat % 16 == 15 {
            tokio::time::sleep(8 * BEAT).await;
        }
    }
    println!("{} chords wait", handle.pending().len());
    while handle.stats().released < u64::from(BEATS) {
        tokio::time::sleep(BEAT).await;
        if SystemTime::now() > start + (BEATS + 100) * BEAT {
            break;
        }
    }
    handle.stop();
    serving.await??;

    let lateness = handle.lateness();
    println!("late by at most  chords");
    for (end, chords) in lateness.doubling(Duration::from_micros(8)).filter(|(_, n)| *n > 0) {
        let bar = "#".repeat(usize::try_from(chords)?);
        println!("{:>12} µs  {chords:>6} {bar}", end.as_micros());
    }
    println!("half of them by no more than {:?}", lateness.quantile(0.5));

    let played = played.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = played.chunks(3).zip(CHORDS.iter().cycle());
    let whole = whole.filter(|(sounded, chord)| {
        let together = sounded.iter().all(|(at, _)| Some(at) == sounded.first().map(|(at, _)| at));
        together && sounded.iter().map(|(_, note)| note).eq(chord.iter())
    });
    let (whole, early) = (whole.count(), *early.lock().unwrap_or_else(PoisonError::into_inner));
    println!("{whole} of {BEATS} chords whole and in order, {early} notes early");
    let fine = whole == usize::try_from(BEATS)? && early == 0;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
